"""What each type of pipeline step does when its turn comes."""

import json
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.sagemaker import shapes
from local.sagemaker.definition import REQUEST_OF_STEP
from local.sagemaker.errors import JobFailedError, ServiceError
from local.sagemaker.expressions import Scope
from local.sagemaker.job_kinds import JobKind
from local.sagemaker.jobs import Jobs
from local.sagemaker.models import Models
from local.sagemaker.packages import Packages
from local.sagemaker.platform import ObjectError, Platform, Record, S3Location
from local.sagemaker.tuning import TuningJobs

Announce = Callable[[Record], None]


def read_json(platform: Platform, role_arn: str, uri: str) -> Any:
    """Parse one JSON object in S3. Raises JobFailedError if it is absent or not JSON."""
    try:
        return json.loads(platform.objects(role_arn).read(S3Location.parse(uri)))
    except (ObjectError, ValueError) as exc:
        raise JobFailedError(f"ClientError: cannot read JSON from {uri}: {exc}") from exc


@dataclass(frozen=True, kw_only=True)
class StepRuns:
    """Runs steps that call the API: jobs, registrations, models."""

    platform: Platform
    jobs: Jobs
    tuning: TuningJobs
    packages: Packages
    models: Models

    def run(self, step: Record, scope: Scope, *, stop: threading.Event, announce: Announce) -> Record:
        """Run one step to its end.

        Args:
            step: the step of the definition.
            scope: everything its arguments may refer to; gets the step's property files.
                stop: set it to stop the step.
            announce: called with the step's metadata as soon as it is known.

        Returns:
            The step's properties, which later steps refer to.

        Raises:
            JobFailedError: with the step's FailureReason.
            JobStoppedError: if it was stopped.
        """
        arguments = scope.resolve(step["Arguments"])
        kind = step["Type"]
        if kind == "Fail":
            announce({"Fail": {"ErrorMessage": str(arguments["ErrorMessage"])}})
            raise JobFailedError(str(arguments["ErrorMessage"]))
        operation, name = REQUEST_OF_STEP[kind]
        if name:
            arguments = {**arguments, name: _generated_name(kind, step["Name"], scope)}
        try:
            shapes.require_valid(operation, arguments)
            if kind == "RegisterModel":
                return self._register(arguments, announce)
            if kind == "Model":
                return self._model(arguments, announce)
            if kind == "Tuning":
                return self._tuning(arguments, stop, announce)
            return self._job(step, arguments, scope, stop, announce)
        except ServiceError as exc:
            raise JobFailedError(
                f"ClientError: Failed to invoke sagemaker:{operation}. Error Details: {exc.message}"
            ) from exc

    def _job(self, step: Record, request: Record, scope: Scope, stop: threading.Event, announce: Announce) -> Record:
        kind: JobKind = step["Type"]
        path = {"Processing": "processing-job", "Training": "training-job"}[kind]
        announce({f"{kind}Job": {"Arn": self.platform.account.arn(f"{path}/{request[f'{kind}JobName']}")}})
        job = self.jobs.perform(kind, request, stop)
        outputs = {
            output["OutputName"]: output["S3Output"]["S3Uri"]
            for output in request.get("ProcessingOutputConfig", {}).get("Outputs", [])
            if "S3Output" in output
        }
        for file in step.get("PropertyFiles", []):
            if file["OutputName"] not in outputs:
                raise JobFailedError(
                    f"ClientError: property file {file['PropertyFileName']}: no output {file['OutputName']}"
                )
            uri = f"{outputs[file['OutputName']].rstrip('/')}/{file['FilePath']}"
            scope.property_files[step["Name"], file["PropertyFileName"]] = read_json(
                self.platform, request["RoleArn"], uri
            )
        return job

    def _tuning(self, request: Record, stop: threading.Event, announce: Announce) -> Record:
        name = request["HyperParameterTuningJobName"]
        announce({"TuningJob": {"Arn": self.platform.account.arn(f"hyper-parameter-tuning-job/{name}")}})
        return self.tuning.perform(request, stop)

    def _register(self, request: Record, announce: Announce) -> Record:
        if "ModelPackageGroupName" in request and self.packages.find_group(request["ModelPackageGroupName"]) is None:
            self.packages.create_group(
                {"ModelPackageGroupName": request["ModelPackageGroupName"]}
            )  # as the service does
        arn = self.packages.create(request)["ModelPackageArn"]
        announce({"RegisterModel": {"Arn": arn}})
        return self.packages.find(arn)

    def _model(self, request: Record, announce: Announce) -> Record:
        model = self.models.create(request)
        announce({"Model": {"Arn": model["ModelArn"]}})
        return model


def _generated_name(kind: str, step_name: str, scope: Scope) -> str:
    """``pipelines-{execution}-{step}-{random}``, as AWS names what a pipeline creates, in at most 63 characters.

    A tuning job's name may have 32, and begins with the execution.
    """
    execution, end = scope.execution["PipelineExecutionId"], secrets.token_hex(5)
    prefix = f"{execution}-{step_name}"[:21] if kind == "Tuning" else f"pipelines-{execution}-{step_name}"[:52]
    return f"{prefix.rstrip('-')}-{end}"
