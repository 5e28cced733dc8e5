"""The retraining machine of the template within the chain: its tasks act on the chain's bus, models and people."""

import json
from collections.abc import Callable
from typing import Any

from chain_bus import Bus, Clock, Patch
from chain_models import Models
from machine_world import World
from ministack.services import stepfunctions
from template_values import Values

from headrace.schema import format_timestamp

_ANNOUNCE = stepfunctions._emit_execution_status_event


class AbortedError(BaseException):
    """Somebody stopped the execution; no state of it may notice."""


class Machine(World):
    """``meanwhile`` is called before each task: what else happens in the world at this moment."""

    def __init__(
        self, patch: Patch, values: Values, *, bus: Bus, models: Models, clock: Clock, meanwhile: Callable[[], None]
    ) -> None:
        machine, table = "AWS::StepFunctions::StateMachine", "AWS::DynamoDB::Table"
        ((machine_id, properties),) = values.of(machine)
        definition = json.loads(properties["DefinitionString"])
        super().__init__(definition, patch, machine=values.arn(machine_id), table=values.only(table)["TableName"])
        patch(stepfunctions, "_emit_execution_status_event", _ANNOUNCE)
        patch(stepfunctions, "now_iso", lambda: format_timestamp(clock.time()))
        self.aborts = ""
        self._bus, self._models, self._meanwhile = bus, models, meanwhile

    def begin(self, document: str) -> None:
        """Somebody starts an execution."""
        try:
            self.execute(f"run-{len(stepfunctions._executions)}", document)
        except AbortedError:
            return

    def forget(self, state: str) -> None:
        """Change the definition: a state's task has no condition any more."""
        known = stepfunctions._state_machines[self.machine]
        definition = json.loads(known["definition"])
        parameters = definition["States"][state]["Parameters"]
        for name in ("ConditionExpression", "ExpressionAttributeNames", "ExpressionAttributeValues"):
            del parameters[name]
        known["definition"] = json.dumps(definition)

    @property
    def statuses(self) -> list[str]:
        """How the executions ended."""
        return [it["status"] for it in stepfunctions._executions.values()]

    def _named(self, state: Any, given: Any, execution: Any, context: Any) -> Any:
        self._meanwhile()
        if self.aborts == context["State"]["Name"]:
            self.aborts = ""
            stepfunctions._stop_execution({"executionArn": execution["executionArn"]})
            raise AbortedError
        return super()._named(state, given, execution, context)

    def _listModelPackages(self, document: dict[str, Any]) -> dict[str, Any]:
        return self._models.list(document)

    def _describeModelPackage(self, document: dict[str, Any]) -> dict[str, Any]:
        return self._models.packages[document["ModelPackageName"]]

    def _startPipelineExecution(self, document: dict[str, Any]) -> dict[str, Any]:
        return self._models.start(document)

    def _updateModelPackage(self, document: dict[str, Any]) -> dict[str, Any]:
        return self._models.change(document)

    def _putEvents(self, document: dict[str, Any]) -> dict[str, Any]:
        self.said += [it["Detail"] for it in document["Entries"]]
        return self._bus.put({"Entries": [{**it, "Detail": json.dumps(it["Detail"])} for it in document["Entries"]]})
