"""Models and endpoint configurations: what an endpoint will serve."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from local.sagemaker import asynchronous, serverless, shadows
from local.sagemaker.errors import ValidationError
from local.sagemaker.listing import page
from local.sagemaker.packages import Packages
from local.sagemaker.platform import Platform, Record
from local.sagemaker.shelf import Shelf

_UNSUPPORTED = ("ExplainerConfig",)


@dataclass(frozen=True, kw_only=True)
class ServedContainer:
    """One container of a model with everything resolved; of ``many`` models ``data_url`` is their folder."""

    image: str
    data_url: str
    environment: Mapping[str, str]
    role_arn: str
    many: bool = False
    cached: bool = True
    """Whether one of many models stays loaded after its request."""


class Models:
    """Models and endpoint configurations. Both are immutable in AWS: a change means a new name."""

    def __init__(self, platform: Platform, packages: Packages) -> None:
        self._packages = packages
        self.models = Shelf(platform=platform, kind="Model", noun="model", path="model")
        self.configs = Shelf(
            platform=platform, kind="EndpointConfig", noun="endpoint configuration", path="endpoint-config"
        )

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name."""
        found: dict[str, Callable[[Record], Record]] = {
            "CreateModel": self.create,
            "CreateEndpointConfig": self.create_config,
        }
        for shelf in (self.models, self.configs):
            found |= {
                f"Describe{shelf.kind}": partial(_describe, shelf),
                f"List{shelf.kind}s": partial(_list, shelf),
                f"Delete{shelf.kind}": partial(_delete, shelf),
            }
        return found

    def create(self, request: Record) -> Record:
        """CreateModel."""
        containers = _containers(request)
        for container in containers:
            if "ModelPackageName" in container:
                self._require_approved(container["ModelPackageName"])
            self._resolve(container, request)
        return self.models.add(request)

    def create_config(self, request: Record) -> Record:
        """CreateEndpointConfig; every model must exist and variant names must differ."""
        for member in _UNSUPPORTED:
            if member in request:
                raise ValidationError(f"{member} is not executed by the local SageMaker.")
        variants = [*request["ProductionVariants"], *request.get("ShadowProductionVariants", [])]
        names = [variant["VariantName"] for variant in variants]
        if len(set(names)) != len(names):
            raise ValidationError("Variant names must be unique within an endpoint configuration.")
        for variant in variants:
            if "ModelName" not in variant:
                raise ValidationError(f"Variant {variant['VariantName']} names no model.")
            serverless.require_network(variant, self.models.get(variant["ModelName"]))
            if "ServerlessConfig" not in variant and "InitialInstanceCount" not in variant:
                raise ValidationError(
                    f"Variant {variant['VariantName']} needs InitialInstanceCount or ServerlessConfig."
                )
        serverless.require_config(request)
        asynchronous.require_config(request)
        shadows.require_config(request)
        return self.configs.add(request)

    def container(self, model_name: str) -> ServedContainer:
        """The one container that a model serves.

        Raises:
            ValidationError: if the model or its package is gone, or it is an inference pipeline.
        """
        model = self.models.get(model_name)
        containers = _containers(model)
        if len(containers) != 1:
            raise ValidationError(
                f"Model {model_name} has {len(containers)} containers; inference pipelines do not run locally."
            )
        return self._resolve(containers[0], model)

    def _resolve(self, container: Record, model: Record) -> ServedContainer:
        image, data_url = container.get("Image"), container.get("ModelDataUrl")
        variables = dict(container.get("Environment", {}))
        if "ModelPackageName" in container:
            packaged = self._packages.find(container["ModelPackageName"])["InferenceSpecification"]["Containers"][0]
            image, data_url = packaged["Image"], data_url or packaged.get("ModelDataUrl")
            variables = {**packaged.get("Environment", {}), **variables}
        if not image:
            raise ValidationError("Container needs Image or ModelPackageName.")
        if not data_url:
            raise ValidationError(f"Container with image {image} has no ModelDataUrl; only script mode serves locally.")
        many = container.get("Mode") == "MultiModel"
        if many and not data_url.endswith("/"):
            raise ValidationError(f"ModelDataUrl {data_url} of a multi-model container must be a prefix ending in /.")
        return ServedContainer(
            image=image,
            data_url=data_url,
            environment=variables,
            role_arn=model.get("ExecutionRoleArn", ""),
            many=many,
            cached=container.get("MultiModelConfig", {}).get("ModelCacheSetting", "Enabled") == "Enabled",
        )

    def _require_approved(self, package_arn: str) -> None:
        status = self._packages.find(package_arn)["ModelApprovalStatus"]
        if status != "Approved":
            raise ValidationError(
                f"Model package {package_arn} has ModelApprovalStatus {status}: only an approved package "
                "can be deployed."
            )


def _containers(model: Record) -> list[Record]:
    if ("PrimaryContainer" in model) == ("Containers" in model):
        raise ValidationError("Exactly one of PrimaryContainer and Containers must be provided.")
    return [model["PrimaryContainer"]] if "PrimaryContainer" in model else list(model["Containers"])


def _describe(shelf: Shelf, request: Record) -> Record:
    return shelf.get(request[f"{shelf.kind}Name"])


def _list(shelf: Shelf, request: Record) -> Record:
    return page(shelf, request, answer=f"{shelf.kind}s", name=f"{shelf.kind}Name")


def _delete(shelf: Shelf, request: Record) -> Record:
    shelf.remove(request[f"{shelf.kind}Name"])
    return {}
