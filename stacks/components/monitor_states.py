"""The states of one run of a monitor: plan, count on several machines, judge, publish what was found, tell of failure.

Counting is there where the use case lets a window have more than one machine. A window that the plan calls small is
judged by a function; if that runs out of memory or time, a machine takes over.
"""

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from headrace.monitoring import VIOLATIONS
from pipelines.retraining.plan import CodeLocations
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.function import Function
from stacks.components.monitor_job_states import MonitorJob, MonitorJobStates
from stacks.target import Target

LOST = ["RunLostError", "Sandbox.Timedout", "Runtime.ExitError", "Lambda.Unknown"]
"""A run that had no verdict: by its own word, or by Lambda's when memory or time is over."""


class MonitorStates(Construct):
    """From ``first``; input: ``kind``, ``time`` and, to judge a window once more, ``attempt``."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        function: Function,
        job_role: iam.Role,
        topic: sns.ITopic,
        key: kms.IKey,
        image: str,
        code: CodeLocations,
        runner: Function | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._target = target
        self._jobs = Stack.of(self).format_arn(
            service="sagemaker", resource="processing-job", resource_name=f"{target.prefix}-*"
        )
        job = MonitorJob(role=job_role, key=key, image=image, code=code, jobs=self._jobs, poll_s=target.stage.poll_s)
        failed = self._tell(topic)
        failed.next(sfn.Fail(self, "Failed", error_path="$.failure.Error", cause_path="$.failure.Cause"))
        plan = self._invoke("Plan", function, None, "$.plan")
        path = sfn.JsonPath.string_at(f"States.Format('{{}}{VIOLATIONS}', $.plan.folder)")
        publish = self._invoke(
            "Publish", function, sfn.TaskInput.from_object({"published": path}), sfn.JsonPath.DISCARD
        )
        for step in (plan, publish):
            step.add_catch(failed, result_path="$.failure")
        judge = MonitorJobStates(self, "Judge", job=job, asked="$.plan", then=publish, failed=failed)
        publish.next(sfn.Succeed(self, "Judged"))
        first = self._count(job, judge, failed) if target.usecase.monitor.compute.instances > 1 else judge.first
        if runner is not None:
            first = self._judge_small(runner, machine=first, publish=publish, failed=failed)
        ready = sfn.Choice(self, "Anything to judge?").when(sfn.Condition.boolean_equals("$.plan.ready", True), first)
        self.first = plan.next(ready.otherwise(sfn.Succeed(self, "Nothing to judge")))

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, self._jobs, "Jobs are named after their window; the prefix is this deployment's.")

    def _count(self, job: MonitorJob, judge: MonitorJobStates, failed: sfn.IChainable) -> sfn.IChainable:
        """Several machines count before one judges, where the plan says so."""
        counted = MonitorJobStates(
            self,
            "Count",
            job=job,
            asked="$.plan.count",
            then=judge.first,
            failed=failed,
            called=" (counting)",
            instances=sfn.JsonPath.number_at("$.plan.count.instances"),
        )
        several = sfn.Condition.boolean_equals("$.plan.counted", True)
        return sfn.Choice(self, "On several machines?").when(several, counted.first).otherwise(judge.first)

    def _judge_small(
        self, runner: Function, *, machine: sfn.IChainable, publish: sfn.IChainable, failed: sfn.IChainable
    ) -> sfn.IChainable:
        """A function judges where the plan says so."""
        judge = self._invoke("Judge in a function", runner, None, sfn.JsonPath.DISCARD, input_path="$.plan")
        judge.add_catch(machine, errors=LOST, result_path=sfn.JsonPath.DISCARD)
        judge.add_catch(failed, result_path="$.failure")
        judge.next(publish)
        small = sfn.Condition.string_equals("$.plan.runs_on", "lambda")
        return sfn.Choice(self, "In a function?").when(small, judge).otherwise(machine)

    def _invoke(
        self, id_: str, function: Function, payload: sfn.TaskInput | None, result_path: str, input_path: str = "$"
    ) -> tasks.LambdaInvoke:
        """Call a function; without a payload with the whole input, or with what is at ``input_path`` of it."""
        task = tasks.LambdaInvoke(
            self,
            id_,
            lambda_function=function,
            payload=payload,
            input_path=input_path,
            payload_response_only=True,
            result_path=result_path,
        )
        task.add_retry(errors=["RetryableError"], interval=Duration.seconds(5), max_attempts=5, backoff_rate=2)
        return task

    def _tell(self, topic: sns.ITopic) -> tasks.SnsPublish:
        message = {
            "usecase": self._target.usecase.name,
            "stage": self._target.stage.name,
            "monitor": "failed",
            "execution": sfn.JsonPath.string_at("$$.Execution.Id"),
            "input": sfn.JsonPath.object_at("$$.Execution.Input"),
            "error": sfn.JsonPath.string_at("$.failure.Error"),
            "cause": sfn.JsonPath.string_at("$.failure.Cause"),
        }
        subject, text = f"Monitor of {self._target.prefix} failed", sfn.TaskInput.from_object(message)
        discard = sfn.JsonPath.DISCARD
        return tasks.SnsPublish(
            self, "Tell of failure", topic=topic, subject=subject, message=text, result_path=discard
        )
