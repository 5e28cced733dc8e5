"""Executions of pipelines over the API."""

import secrets
import threading
from collections.abc import Callable, Mapping

from local.sagemaker.definition import Definition, parse
from local.sagemaker.errors import ResourceNotFoundError, ServiceError, ValidationError
from local.sagemaker.execution import Execution
from local.sagemaker.expressions import Scope
from local.sagemaker.listing import page
from local.sagemaker.pipelines import Pipelines
from local.sagemaker.platform import Platform, Record
from local.sagemaker.state_events import iso
from local.sagemaker.step_runs import StepRuns, read_json

_UNSUPPORTED = ("SelectiveExecutionConfig", "PipelineVersionId")
_ID_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


class Executions:
    """Every pipeline execution of this process."""

    def __init__(self, platform: Platform, pipelines: Pipelines, runs: StepRuns) -> None:
        self._platform = platform
        self._pipelines = pipelines
        self._runs = runs
        self._executions: dict[str, Execution] = {}
        self._tokens: dict[tuple[str, str], tuple[Record, str]] = {}
        self._lock = threading.Lock()

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name."""
        return {
            "StartPipelineExecution": self._start,
            "DescribePipelineExecution": self._describe,
            "ListPipelineExecutions": self._list,
            "ListPipelineExecutionSteps": self._list_steps,
            "StopPipelineExecution": self._stop,
            "ListPipelineParametersForExecution": self._list_parameters,
            "DescribePipelineDefinitionForExecution": self._describe_definition,
        }

    def running(self) -> int:
        """How many executions have not ended."""
        return sum(execution.running for execution in list(self._executions.values()))

    def stop_all(self, timeout_s: float) -> None:
        """Stop every execution and wait for it."""
        active = [execution for execution in list(self._executions.values()) if execution.running]
        for execution in active:
            execution.stop()
        for execution in active:
            execution.wait(timeout_s)

    def _start(self, request: Record) -> Record:
        pipeline = self._pipelines.find(request["PipelineName"])
        for member in _UNSUPPORTED:
            if member in request:
                raise ValidationError(f"{member} is not executed by the local SageMaker.")
        token = (pipeline["PipelineName"], request.get("ClientRequestToken", secrets.token_hex(16)))
        asked = {name: value for name, value in request.items() if name not in ("PipelineName", "ClientRequestToken")}
        with self._lock:
            if token in self._tokens:
                earlier, arn = self._tokens[token]
                if earlier != asked:
                    raise ServiceError("ConflictException", "ClientRequestToken was used with different parameters.")
                return {"PipelineExecutionArn": arn}
            execution = self._execution(pipeline, request)
            arn = execution.record["PipelineExecutionArn"]
            self._tokens[token] = (asked, arn)
            self._executions[arn] = execution
        execution.start()
        return {"PipelineExecutionArn": arn}

    def _execution(self, pipeline: Record, request: Record) -> Execution:
        definition = parse(pipeline["PipelineDefinition"])
        given = request.get("PipelineParameters", [])
        values = definition.parameter_values({item["Name"]: item["Value"] for item in given})
        identifier = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(12))
        now = self._platform.now()
        record = {
            "PipelineArn": pipeline["PipelineArn"],
            "PipelineExecutionArn": f"{pipeline['PipelineArn']}/execution/{identifier}",
            "PipelineExecutionDisplayName": request.get("PipelineExecutionDisplayName", f"execution-{int(now * 1000)}"),
            "PipelineExecutionDescription": request.get("PipelineExecutionDescription"),
            "PipelineExecutionStatus": "Executing",
            "CreationTime": now,
            "LastModifiedTime": now,
            "StartTime": now,
        }
        role = pipeline["RoleArn"]
        scope = Scope(
            parameters=values,
            execution=_variables(pipeline, record, identifier, request),
            read_json=lambda uri: read_json(self._platform, role, uri),
        )
        return Execution(
            platform=self._platform,
            runs=self._runs,
            definition_text=pipeline["PipelineDefinition"],
            definition_steps=definition.steps,
            scope=scope,
            record=record,
            given_parameters=_all_parameters(definition, scope),
        )

    def _find(self, request: Record) -> Execution:
        execution = self._executions.get(request["PipelineExecutionArn"])
        if execution is None:
            raise ResourceNotFoundError(f"PipelineExecution '{request['PipelineExecutionArn']}' does not exist.")
        return execution

    def _describe(self, request: Record) -> Record:
        return self._find(request).record

    def _list(self, request: Record) -> Record:
        arn = self._pipelines.find(request["PipelineName"])["PipelineArn"]
        records = [
            execution.record for execution in list(self._executions.values()) if execution.record["PipelineArn"] == arn
        ]
        renamed = [{**record, "PipelineExecutionFailureReason": record.get("FailureReason")} for record in records]
        return page(renamed, request, answer="PipelineExecutionSummaries", name="PipelineExecutionArn")

    def _list_steps(self, request: Record) -> Record:
        steps = [{**step, "CreationTime": step["StartTime"]} for step in self._find(request).steps]
        return page(steps, request, answer="PipelineExecutionSteps", name="StepName")

    def _stop(self, request: Record) -> Record:
        execution = self._find(request)
        if execution.record["PipelineExecutionStatus"] == "Executing":
            execution.stop()
        elif not execution.running:
            raise ValidationError(
                f"Only pipelines with 'Executing' status can be stopped; this one is "
                f"{execution.record['PipelineExecutionStatus']}."
            )
        return {"PipelineExecutionArn": request["PipelineExecutionArn"]}

    def _list_parameters(self, request: Record) -> Record:
        return page(
            self._find(request).given_parameters,
            request,
            answer="PipelineParameters",
            name="Name",
            order="Ascending",
        )

    def _describe_definition(self, request: Record) -> Record:
        execution = self._find(request)
        return {"PipelineDefinition": execution.definition_text, "CreationTime": execution.record["CreationTime"]}


def _variables(pipeline: Record, record: Record, identifier: str, request: Record) -> Record:
    return {
        "PipelineName": pipeline["PipelineName"],
        "PipelineArn": pipeline["PipelineArn"],
        "PipelineExecutionId": identifier,
        "PipelineExecutionArn": record["PipelineExecutionArn"],
        "StartDateTime": iso(record["CreationTime"]),
        "CurrentDateTime": iso(record["CreationTime"]),
    }


def _all_parameters(definition: Definition, scope: Scope) -> list[Record]:
    return [
        {"Name": parameter["Name"], "Value": str(scope.parameters[parameter["Name"]])}
        for parameter in definition.parameters
    ]
