"""The retraining machine's own definition, walked by the emulator's interpreter, around services in memory."""

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import dynamodb, stepfunctions

MACHINE = "arn:aws:states:eu-west-1:000000000000:stateMachine:retraining"
GROUP = "arn:aws:sagemaker:eu-west-1:000000000000:model-package/group"
TABLE = "REFERENCE"
Error = stepfunctions._ExecutionError


class NoTime:
    """Stands for ``time``: nobody waits."""

    @staticmethod
    def sleep(_seconds: float) -> None:
        """Return at once."""


class World:
    """One table, one pipeline, one registry. ``fails`` says how often a state's task fails, before or after it acts."""

    def __init__(
        self,
        definition: Mapping[str, Any],
        patch: Callable[[Any, str, Any], None],
        *,
        machine: str = MACHINE,
        table: str = TABLE,
    ) -> None:
        self.machine, self.table = machine, table
        self.fails: Counter[str] = Counter()
        self.after = False
        self.entered: list[str] = []
        self.pipelines: dict[str, str] = {}
        self.jobs: set[str] = set()
        self.builds = 0
        self.registered = [f"{GROUP}/1"]
        self.approved: list[str] = []
        self.said: list[dict[str, Any]] = []
        self.told: list[str] = []
        self._task = stepfunctions._execute_task
        name = machine.rpartition(":")[2]
        known = {"definition": json.dumps(definition), "name": name, "roleArn": "role"}
        patch(stepfunctions, "_state_machines", {machine: known})
        patch(stepfunctions, "_executions", {})
        patch(stepfunctions, "_execute_task", self._named)
        patch(stepfunctions, "_invoke_resource", self._invoke)
        patch(stepfunctions, "_scaled_sleep", NoTime.sleep)
        patch(stepfunctions, "_emit_execution_status_event", lambda _: None)
        patch(stepfunctions, "time", NoTime)
        patch(dynamodb, "_tables", {})
        keys = [{"AttributeName": "subject", "KeyType": "HASH"}, {"AttributeName": "entry_id", "KeyType": "RANGE"}]
        names = [{"AttributeName": name, "AttributeType": "S"} for name in ("subject", "entry_id")]
        made = {"TableName": table, "KeySchema": keys, "AttributeDefinitions": names, "BillingMode": "PAY_PER_REQUEST"}
        with request_scope("000000000000", "eu-west-1"):
            dynamodb._create_table(made)

    def run(self, name: str, **given: object) -> dict[str, Any]:
        """One execution of a request for a drift to its end."""
        return self.execute(
            name, json.dumps({"RequestId": "r1", "TriggerReason": "drift", "Promotion": "automatic", **given})
        )

    def execute(self, name: str, document: str) -> dict[str, Any]:
        """One execution of an input to its end."""
        arn = f"{self.machine.replace(':stateMachine:', ':execution:')}:{name}"
        stepfunctions._executions[arn] = {
            "executionArn": arn, "stateMachineArn": self.machine, "name": name, "status": "RUNNING",
            "startDate": "2026-01-01T00:00:00.000Z", "stopDate": None, "input": document, "output": None,
            "events": [], "testCase": "", "mockAttempts": {},
        }  # fmt: skip
        with request_scope("000000000000", "eu-west-1"):
            stepfunctions._run_execution(arn)
        found: dict[str, Any] = stepfunctions._executions[arn]
        return found

    def item(self, subject: str, entry: str) -> dict[str, Any] | None:
        """An item of the table."""
        key = {"subject": {"S": subject}, "entry_id": {"S": entry}}
        with request_scope("000000000000", "eu-west-1"):
            answer = json.loads(dynamodb._get_item({"TableName": self.table, "Key": key})[2])
        found: dict[str, Any] | None = answer.get("Item")
        return found

    def put(self, subject: str, entry: str, **attributes: dict[str, Any]) -> None:
        """Write an item of the table."""
        item = {"subject": {"S": subject}, "entry_id": {"S": entry}, **attributes}
        with request_scope("000000000000", "eu-west-1"):
            dynamodb._put_item({"TableName": self.table, "Item": item})

    def _named(self, state: Any, given: Any, execution: Any, context: Any) -> Any:
        self.entered.append(context["State"]["Name"])
        return self._task(state, given, execution, context)

    def _invoke(self, resource: str, document: dict[str, Any]) -> Any:
        state, operation = self.entered[-1], resource.rpartition(":")[2].partition(".")[0]
        failing = self.fails[state] > 0
        self.fails[state] -= failing
        if failing and not self.after:
            raise Error("States.Timeout", "no answer")
        if ":dynamodb:" in resource:
            answer = stepfunctions._invoke_dynamodb(operation, document)
        else:
            answer = getattr(self, f"_{operation}")(document)
        if failing:
            raise Error("States.Timeout", "the answer was lost")
        return answer

    def _startJobRun(self, _: object) -> dict[str, Any]:  # operations are called as AWS spells them
        self.builds += 1
        return {"JobRunState": "SUCCEEDED"}

    def _createProcessingJob(self, document: dict[str, Any]) -> dict[str, Any]:
        if document["ProcessingJobName"] in self.jobs:
            raise Error("SageMaker.ResourceInUseException", "taken")
        self.jobs.add(document["ProcessingJobName"])
        return {}

    def _describeProcessingJob(self, _: object) -> dict[str, Any]:
        return {"ProcessingJobStatus": "Completed"}

    def _listModelPackages(self, document: dict[str, Any]) -> dict[str, Any]:
        known = self.approved if "ModelApprovalStatus" in document else self.registered
        return {"ModelPackageSummaryList": [{"ModelPackageArn": it} for it in reversed(known)]}

    def _describeModelPackage(self, _: object) -> dict[str, Any]:
        return {"InferenceSpecification": {"Containers": [{"ModelDataUrl": "s3://lake/champion.tar.gz"}]}}

    def _startPipelineExecution(self, document: dict[str, Any]) -> dict[str, Any]:
        token = document["ClientRequestToken"]
        if token not in self.pipelines:
            self.pipelines[token] = f"arn:pipeline/{len(self.pipelines)}"
            self.registered.append(f"{GROUP}/{len(self.registered) + 1}")
        return {"PipelineExecutionArn": self.pipelines[token]}

    def _describePipelineExecution(self, _: object) -> dict[str, Any]:
        return {"PipelineExecutionStatus": "Succeeded"}

    def _updateModelPackage(self, document: dict[str, Any]) -> dict[str, Any]:
        if document["ModelPackageArn"] not in self.approved:
            self.approved.append(document["ModelPackageArn"])
        return {}

    def _describeExecution(self, document: dict[str, Any]) -> dict[str, Any]:
        if document["ExecutionArn"] not in stepfunctions._executions:
            raise Error("Sfn.ExecutionDoesNotExistException", "gone")
        return {"Status": stepfunctions._executions[document["ExecutionArn"]]["status"]}

    def _putEvents(self, document: dict[str, Any]) -> dict[str, Any]:
        self.said += [it["Detail"] for it in document["Entries"]]
        return {}

    def _publish(self, document: dict[str, Any]) -> dict[str, Any]:
        self.told.append(document["Subject"])
        return {}
