"""Pipelines over the API."""

from collections.abc import Callable, Mapping

from local.sagemaker.definition import parse
from local.sagemaker.errors import ResourceNotFoundError, ValidationError
from local.sagemaker.listing import page
from local.sagemaker.platform import ObjectError, Platform, Record, S3Location
from local.sagemaker.shelf import Shelf


class Pipelines:
    """Every pipeline of this process."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._shelf = Shelf(platform=platform, kind="Pipeline", noun="pipeline", path="pipeline")

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name."""
        return {
            "CreatePipeline": self.create,
            "UpdatePipeline": self.update,
            "DescribePipeline": self.describe,
            "ListPipelines": self._list,
            "DeletePipeline": self.delete,
        }

    def create(self, request: Record) -> Record:
        """CreatePipeline; the definition is checked as a whole."""
        name = request["PipelineName"]
        if self._shelf.find(name):
            raise ValidationError(
                "Pipeline names must be unique within an AWS account and region. "
                f"Pipeline with name ({name}) already exists."
            )
        body = self._body(request)
        parse(body)
        return self._shelf.add(
            {
                **request,
                "PipelineDefinition": body,
                "PipelineStatus": "Active",
                "PipelineDisplayName": request.get("PipelineDisplayName", name),
            }
        )

    def update(self, request: Record) -> Record:
        """UpdatePipeline; running executions keep their definition."""
        pipeline = self.find(request["PipelineName"])
        changes = {
            name: value
            for name, value in request.items()
            if name not in ("PipelineName", "PipelineDefinitionS3Location")
        }
        if "PipelineDefinition" in request or "PipelineDefinitionS3Location" in request:
            changes["PipelineDefinition"] = self._body({**pipeline, **request})
            parse(changes["PipelineDefinition"])
        pipeline.update(changes, LastModifiedTime=self._platform.now())
        return pipeline

    def describe(self, request: Record) -> Record:
        """DescribePipeline."""
        return self.find(request["PipelineName"])

    def delete(self, request: Record) -> Record:
        """DeletePipeline."""
        self.find(request["PipelineName"])
        return self._shelf.remove(request["PipelineName"])

    def _body(self, request: Record) -> str:
        location = request.get("PipelineDefinitionS3Location")
        if location is None:
            if "PipelineDefinition" not in request:
                raise ValidationError("Either PipelineDefinition or PipelineDefinitionS3Location must be provided.")
            text: str = request["PipelineDefinition"]
            return text
        try:
            source = S3Location(location["Bucket"], location["ObjectKey"])
            return self._platform.objects(request["RoleArn"]).read(source).decode()
        except ObjectError as exc:
            raise ValidationError(f"Unable to read the pipeline definition: {exc}") from exc

    def find(self, name: str) -> Record:
        """A pipeline by name or ARN. Raises ResourceNotFoundError if there is none."""
        pipeline = self._shelf.find(name)
        if pipeline is None:
            raise ResourceNotFoundError(f"Pipeline '{self._shelf.arn(self._shelf.name(name))}' does not exist.")
        return pipeline

    def _list(self, request: Record) -> Record:
        prefix = request.get("PipelineNamePrefix", "")
        found = [pipeline for pipeline in self._shelf if pipeline["PipelineName"].startswith(prefix)]
        return page(found, request, answer="PipelineSummaries", name="PipelineName")
