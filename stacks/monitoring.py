"""Monitoring: the deployed model is watched on schedules, and alarms watch the stream, the functions and the API."""

from collections.abc import Sequence
from dataclasses import dataclass

from aws_cdk import aws_sns as sns
from constructs import Construct

from lambdas.monitoring.settings import Settings as MonitoringSettings
from pipelines.retraining.image import serving_image
from stacks.components.alarm import Alarm
from stacks.components.endpoint import VARIANT
from stacks.components.function import Function
from stacks.components.job_code import JobCode
from stacks.components.monitor_alarms import MonitorAlarms
from stacks.components.monitor_function import MonitorFunction
from stacks.components.monitor_machine import MonitorMachine, MonitorSchedules
from stacks.components.monitor_rights import grant_adoption, grant_monitoring, history_of, joins_events
from stacks.components.monitor_role import MonitorJobRole
from stacks.components.monitor_states import MonitorStates
from stacks.components.native_monitors import NativeMonitors
from stacks.components.queries import MONITOR_QUESTIONS, SavedQueries
from stacks.components.service_alarms import ServiceAlarms
from stacks.features import Features
from stacks.ingestion import Ingestion
from stacks.lake import Lake
from stacks.observability import Observability
from stacks.serving import Serving
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Monitoring:
    """What other stacks use of monitoring."""

    function: Function


class MonitoringStack(HeadraceStack):
    """The monitors of the deployed model, by the engine that the use case names, and every alarm but the endpoint's."""

    noun = "monitoring"

    def __init__(
        self,
        scope: Construct,
        *,
        target: Target,
        lake: Lake,
        ingestion: Ingestion,
        features: Features,
        serving: Serving,
        observability: Observability,
    ) -> None:
        super().__init__(scope, target=target, description="Headrace monitoring: monitors of the model, alarms")
        code = JobCode(self, "Code", usecase=target.usecase)
        function = self._build_function(lake, code.locations.headrace)
        parted = target.usecase.monitor.compute.instances > 1
        joined = joins_events(target.usecase)
        role = MonitorJobRole(
            self,
            "JobRole",
            bucket=lake.bucket,
            code=code,
            parted=parted,
            joined=joined,
            history=history_of(target),
        )
        alarms = ServiceAlarms(self, target=target)
        if target.usecase.monitor.engine == "model_monitor":
            NativeMonitors(self, "Native", target=target, bucket=lake.bucket, role=role, function=function)
            grant_adoption(function.own_role, lake.bucket)
        else:
            runner = self._build_runner(lake, alarms)
            # By ARN: the topic admits rules of this account, and its own stack must not come to depend on this one.
            topic = sns.Topic.from_topic_arn(self, "Topic", observability.topic.topic_arn)
            states = MonitorStates(
                self,
                "States",
                target=target,
                function=function,
                job_role=role,
                topic=topic,
                key=lake.key,
                image=serving_image(target.region),
                code=code.locations,
                runner=runner,
            )
            self._build_machine(lake, states, [function, *([runner] if runner else [])], alarms)
        MonitorAlarms(self, "Found", target=target)
        SavedQueries(self, "Queries", target=target, functions={"Monitoring": function}, questions=MONITOR_QUESTIONS)
        self.monitoring = Monitoring(function=function)
        self._watch(alarms, ingestion, features, serving)

    def _build_function(self, lake: Lake, packages: str) -> Function:
        function = Function(
            self,
            "Monitoring",
            folder="monitoring",
            target=self.target,
            key=lake.key,
            timeout_s=300,
            memory_mb=512,
            description="Plans runs of monitors and publishes what they found",
            settings=MonitoringSettings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                lake_bucket=lake.bucket.bucket_name,
                endpoint_name=self.target.endpoint_name,
                variant=VARIANT,
                packages=packages,
            ),
        )
        grant_monitoring(function.own_role, target=self.target, bucket=lake.bucket)
        return function

    def _build_runner(self, lake: Lake, alarms: ServiceAlarms) -> Function | None:
        """The function that judges small windows, where the use case wants it."""
        if self.target.usecase.monitor.compute.runs_on == "processing":
            return None
        runner = MonitorFunction(self, "MonitorRun", target=self.target, bucket=lake.bucket, key=lake.key)
        alarms.watch_function("MonitorRun", runner)
        return runner

    def _build_machine(
        self, lake: Lake, states: MonitorStates, functions: Sequence[Function], alarms: ServiceAlarms
    ) -> None:
        machine = MonitorMachine(self, "Machine", target=self.target, states=states, functions=functions, key=lake.key)
        MonitorSchedules(self, "Schedules", target=self.target, machine=machine, key=lake.key)
        Alarm(
            self,
            "MonitorFailures",
            metric=machine.metric_failed(),
            threshold=1,
            periods=1,
            description="A monitor could not judge its window; its message on the topic says why",
        )
        alarms.watch_queues({"monitor": machine.dead_letters})
        self.publish(MonitorMachineArn=machine.state_machine_arn)

    def _watch(self, alarms: ServiceAlarms, ingestion: Ingestion, features: Features, serving: Serving) -> None:
        functions = {
            "DeliveryTransform": ingestion.transform,
            "EventInbox": ingestion.event_inbox,
            "LabelInbox": ingestion.label_inbox,
            "Enrichment": features.enrichment,
            "GroundTruth": features.ground_truth,
            "Inference": serving.inference,
            "Deployment": serving.deployment,
            "Monitoring": self.monitoring.function,
        }
        for noun, function in functions.items():
            alarms.watch_function(noun, function)
        for noun, folder in (("Enrichment", "enrichment"), ("GroundTruth", "ground_truth")):
            alarms.watch_consumer(noun, functions[noun], folder)
        for noun, folder in (("EventInbox", "event_inbox"), ("LabelInbox", "label_inbox")):
            alarms.watch_quarantine(noun, folder)
        queues = {**ingestion.dead_letters, **features.dead_letters, "deployment": serving.dead_letters}
        alarms.watch_queues(queues)
        alarms.alarm(
            "DeploymentBlocked",
            alarms.own_metric("DeploymentBlocked", "deployment"),
            1,
            periods=1,
            description="A rollout needs people: the stack is stuck, the endpoint differs from it, or captures nothing",
        )
        alarms.watch_deliveries({"Event": ingestion.delivery, "Feature": features.delivery})
        alarms.watch_api(serving.api)
        alarms.watch_answers()
