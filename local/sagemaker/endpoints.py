"""Endpoints over the API."""

import threading
from collections.abc import Callable, Mapping

from local.sagemaker import shadows
from local.sagemaker.endpoint import Endpoint
from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.fleet import FleetBuilder
from local.sagemaker.listing import page
from local.sagemaker.models import Models
from local.sagemaker.platform import Platform, Record
from local.sagemaker.shelf import Shelf

_SETTLED = ("InService", "Failed", "OutOfService")


class Endpoints:
    """Every endpoint of this process."""

    def __init__(self, platform: Platform, models: Models) -> None:
        self._platform = platform
        self._models = models
        self._builder = FleetBuilder(platform=platform, models=models)
        self._shelf = Shelf(platform=platform, kind="Endpoint", noun="endpoint", path="endpoint")
        self._endpoints: dict[str, Endpoint] = {}
        self._lock = threading.Lock()

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name."""
        return {
            "CreateEndpoint": self.create,
            "UpdateEndpoint": self.update,
            "DescribeEndpoint": self.describe,
            "ListEndpoints": self._list,
            "DeleteEndpoint": self.delete,
            "UpdateEndpointWeightsAndCapacities": self._update_weights,
        }

    def create(self, request: Record) -> Record:
        """CreateEndpoint."""
        config = self._models.configs.get(request["EndpointConfigName"])
        record = self._shelf.add({**request, "EndpointStatus": "Creating"})
        endpoint = self._endpoints[request["EndpointName"]] = Endpoint(self._platform, self._builder, record)
        endpoint.create(config)
        return record

    def update(self, request: Record) -> Record:
        """UpdateEndpoint: blue/green to another configuration."""
        endpoint = self.get(request["EndpointName"])
        config = self._models.configs.get(request["EndpointConfigName"])
        deployment = request.get("DeploymentConfig")
        if deployment is None and request.get("RetainDeploymentConfig"):
            deployment = endpoint.record.get("LastDeploymentConfig")
        with self._lock:
            endpoint.update(config, deployment or {}, kept=_kept(request))
        return endpoint.record

    def describe(self, request: Record) -> Record:
        """DescribeEndpoint."""
        record = {**self._shelf.get(request["EndpointName"])}
        endpoint = self._endpoints.get(request["EndpointName"])
        if endpoint is not None and endpoint.fleet is not None and endpoint.fleet.summaries(shadows.MEMBER):
            record[shadows.MEMBER] = endpoint.fleet.summaries(shadows.MEMBER)
        config = self._models.configs.find(record["EndpointConfigName"]) or {}
        capture = config.get("DataCaptureConfig")
        if capture is None:
            return record
        status = {
            "EnableCapture": capture.get("EnableCapture", False),
            "CaptureStatus": "Started" if capture.get("EnableCapture") else "Stopped",
            "CurrentSamplingPercentage": capture["InitialSamplingPercentage"],
            "DestinationS3Uri": capture["DestinationS3Uri"],
            "KmsKeyId": capture.get("KmsKeyId", ""),
        }
        return {**record, "DataCaptureConfig": status}

    def delete(self, request: Record) -> Record:
        """DeleteEndpoint; its model and configuration stay."""
        endpoint = self.get(request["EndpointName"])
        if endpoint.record["EndpointStatus"] in ("Updating", "RollingBack"):
            raise ValidationError(f'Cannot delete in-progress endpoint "{endpoint.record["EndpointArn"]}".')
        endpoint.delete()
        self._shelf.remove(request["EndpointName"])
        self._endpoints.pop(request["EndpointName"], None)
        return {}

    def get(self, name: str) -> Endpoint:
        """An endpoint. Raises ValidationError if there is none."""
        self._shelf.get(name)
        return self._endpoints[name]

    def find(self, name: str) -> Endpoint | None:
        """An endpoint or None."""
        return self._endpoints.get(name)

    def processes(self) -> dict[str, int]:
        """Process ids of the servers that answer, by endpoint and variant."""
        return {
            f"{name}/{variant}": server.pid
            for name, endpoint in list(self._endpoints.items())
            if endpoint.fleet is not None
            for variant, server in endpoint.fleet.servers.items()
            if server.pid is not None
        }

    def changing(self) -> int:
        """How many endpoints are on the way to another state."""
        return sum(record["EndpointStatus"] not in _SETTLED for record in self._shelf)

    def close(self) -> None:
        """End every server, because the process ends."""
        for endpoint in list(self._endpoints.values()):
            endpoint.close()

    def _list(self, request: Record) -> Record:
        wanted = request.get("StatusEquals")
        found = [record for record in self._shelf if wanted in (None, record["EndpointStatus"])]
        return page(found, request, answer="Endpoints", name="EndpointName")

    def _update_weights(self, request: Record) -> Record:
        endpoint = self.get(request["EndpointName"])
        fleet = endpoint.fleet
        if endpoint.record["EndpointStatus"] != "InService" or fleet is None:
            raise ValidationError(f'Cannot update in-progress endpoint "{endpoint.record["EndpointArn"]}".')
        for change in request["DesiredWeightsAndCapacities"]:
            name = change["VariantName"]
            if name not in fleet.servers:
                raise ServiceError(
                    "ValidationException", f"Variant(s) {name} not found in endpoint {request['EndpointName']}."
                )
            fleet.weights[name] = float(change.get("DesiredWeight", fleet.weights[name]))
            fleet.instance_counts[name] = change.get("DesiredInstanceCount", fleet.instance_counts[name])
        endpoint.record.update(ProductionVariants=fleet.summaries(), LastModifiedTime=self._platform.now())
        return endpoint.record


def _kept(request: Record) -> frozenset[str]:
    """Which properties of variants outlast an update: of ``DesiredInstanceCount`` and ``DesiredWeight``."""
    if not request.get("RetainAllVariantProperties", False):
        return frozenset()
    dropped = {it["VariantPropertyType"] for it in request.get("ExcludeRetainedVariantProperties", [])}
    return frozenset({"DesiredInstanceCount", "DesiredWeight"}) - dropped
