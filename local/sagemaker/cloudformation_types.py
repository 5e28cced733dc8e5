"""The ``AWS::SageMaker::*`` types of CloudFormation and what each does in its own way."""

from local.emulator.registry import Created, ResourceContext, ResourceError, register_resource_type
from local.sagemaker.cloudformation import ResourceHandler, ResourceKind, generated_name
from local.sagemaker.platform import Record
from local.sagemaker.service import SageMaker

_SETTLE_S = 1800.0


class EndpointHandler(ResourceHandler):
    """Endpoints take time: one is done when it is InService on the configuration that was asked for."""

    def create(self, context: ResourceContext, properties: Record) -> Created:
        """Create and wait; a failed endpoint is deleted again, as a stack that rolls back does."""
        request = {key: value for key, value in self._request(properties).items() if key not in self.kind.extra}
        name = request.setdefault("EndpointName", generated_name(context, self.kind.max_name))
        self._call("CreateEndpoint", request)
        try:
            self._wait(name, request["EndpointConfigName"])
        except ResourceError:
            self.delete(context, name, properties)
            raise
        return self._settled(name)

    def delete(self, context: ResourceContext, physical_id: str, properties: Record) -> None:
        """Delete when no transition is under way."""
        endpoint = self._sagemaker.endpoints.find(self._name(physical_id))
        if endpoint is not None:
            endpoint.wait(_SETTLE_S)
        super().delete(context, physical_id, properties)

    def _change(self, name: str, before: Record, after: Record) -> None:
        if before.get("EndpointConfigName") == after.get("EndpointConfigName"):
            return  # DeploymentConfig and the Retain flags only say how the next update is done
        request = {key: value for key, value in after.items() if key in self.kind.in_place}
        self._call("UpdateEndpoint", {**request, "EndpointName": name})
        self._wait(name, after["EndpointConfigName"])

    def _wait(self, name: str, config_name: str) -> None:
        endpoint = self._sagemaker.endpoints.get(name)
        endpoint.wait(_SETTLE_S)
        record = endpoint.record
        if record["EndpointStatus"] != "InService" or record["EndpointConfigName"] != config_name:
            raise ResourceError(record.get("FailureReason", f"endpoint {name} is {record['EndpointStatus']}"))


class PipelineHandler(ResourceHandler):
    """Pipelines carry their definition in a structure of CloudFormation's own."""

    def _request(self, properties: Record) -> Record:
        definition = properties.get("PipelineDefinition")
        if not isinstance(definition, dict):
            raise ResourceError("Properties validation failed: #/PipelineDefinition: expected type JSONObject")
        plain = {name: value for name, value in properties.items() if name != "PipelineDefinition"}
        if set(definition) == {"PipelineDefinitionBody"}:
            return super()._request({**plain, "PipelineDefinition": definition["PipelineDefinitionBody"]})
        if set(definition) == {"PipelineDefinitionS3Location"}:
            location = definition["PipelineDefinitionS3Location"]
            return super()._request(
                {**plain, "PipelineDefinitionS3Location": {"Bucket": location["Bucket"], "ObjectKey": location["Key"]}}
            )
        raise ResourceError(f"Properties validation failed: #/PipelineDefinition: extraneous keys {sorted(definition)}")


class FeatureGroupHandler(ResourceHandler):
    """Feature groups can grow by features and change nothing else that exists already."""

    def _change(self, name: str, before: Record, after: Record) -> None:
        known = {definition["FeatureName"]: definition for definition in before["FeatureDefinitions"]}
        wanted = {definition["FeatureName"]: definition for definition in after["FeatureDefinitions"]}
        if any(wanted.get(feature) != definition for feature, definition in known.items()):
            raise ResourceError("FeatureDefinitions can only be added, never changed or removed.")
        additions = [definition for feature, definition in wanted.items() if feature not in known]
        self._call("UpdateFeatureGroup", {"FeatureGroupName": name, "FeatureAdditions": additions})


class GroupHandler(ResourceHandler):
    """Model package groups; a resource policy is accepted and not enforced."""

    def create(self, context: ResourceContext, properties: Record) -> Created:
        """Create without the policy."""
        return super().create(
            context, {name: value for name, value in properties.items() if name not in self.kind.extra}
        )

    def _change(self, name: str, _before: Record, _after: Record) -> None:
        """Only the policy changes in place, and nothing reads it."""


_GROUP_ATTRIBUTES = ("ModelPackageGroupArn", "ModelPackageGroupStatus", "CreationTime")
_KINDS: tuple[tuple[type[ResourceHandler], ResourceKind], ...] = (
    (ResourceHandler, ResourceKind(name="Model", ref="ModelArn", attributes=("ModelName",))),
    (ResourceHandler, ResourceKind(name="EndpointConfig", ref="EndpointConfigArn", attributes=("EndpointConfigName",))),
    (
        EndpointHandler,
        ResourceKind(
            name="Endpoint",
            ref="EndpointArn",
            attributes=("EndpointName",),
            in_place=frozenset(
                {
                    "EndpointConfigName",
                    "DeploymentConfig",
                    "RetainAllVariantProperties",
                    "ExcludeRetainedVariantProperties",
                    "RetainDeploymentConfig",
                }
            ),
            extra=frozenset(
                {"RetainAllVariantProperties", "ExcludeRetainedVariantProperties", "RetainDeploymentConfig"}
            ),
        ),
    ),
    (
        PipelineHandler,
        ResourceKind(
            name="Pipeline",
            ref="PipelineName",
            named=False,
            in_place=frozenset(
                {
                    "PipelineDefinition",
                    "PipelineDefinitionS3Location",
                    "PipelineDescription",
                    "PipelineDisplayName",
                    "RoleArn",
                    "ParallelismConfiguration",
                }
            ),
        ),
    ),
    (
        FeatureGroupHandler,
        ResourceKind(
            name="FeatureGroup",
            ref="FeatureGroupName",
            attributes=("FeatureGroupStatus", "CreationTime"),
            named=False,
            in_place=frozenset({"FeatureDefinitions"}),
        ),
    ),
    (
        GroupHandler,
        ResourceKind(
            name="ModelPackageGroup",
            ref="ModelPackageGroupArn",
            attributes=_GROUP_ATTRIBUTES,
            named=False,
            in_place=frozenset({"ModelPackageGroupPolicy"}),
            extra=frozenset({"ModelPackageGroupPolicy"}),
        ),
    ),
)


def register_types(sagemaker: SageMaker) -> None:
    """Make the emulator's CloudFormation know the types."""
    for handler_type, kind in _KINDS:
        handler = handler_type(sagemaker, kind)
        register_resource_type(
            f"AWS::SageMaker::{kind.name}", create=handler.create, update=handler.update, delete=handler.delete
        )
