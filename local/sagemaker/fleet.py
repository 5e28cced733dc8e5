"""The servers of one endpoint configuration: one per variant, traffic split by weight."""

import contextlib
import random
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.launch import FleetError, Launcher
from local.sagemaker.many_models import ManyModels
from local.sagemaker.models import Models
from local.sagemaker.platform import Platform, Record
from local.sagemaker.server import PING_TIMEOUT_S, Server
from local.sagemaker.serverless import Slots, slots, summary

Serving = Server | ManyModels
_DRAIN_S = 60.0


@dataclass(kw_only=True)
class Fleet:
    """Running servers of a configuration. ``weights`` may change while it serves."""

    config: Record
    servers: Mapping[str, Serving]
    roles: Mapping[str, str]
    weights: dict[str, float]
    instance_counts: dict[str, int]
    slots: Mapping[str, Slots] = field(default_factory=dict)
    _in_flight: int = field(init=False, default=0)
    _idle: threading.Condition = field(init=False, default_factory=threading.Condition)
    _random: random.Random = field(init=False, default_factory=random.Random)

    @property
    def config_name(self) -> str:
        """Name of its endpoint configuration."""
        name: str = self.config["EndpointConfigName"]
        return name

    def choose(self, target: str | None) -> tuple[str, Serving]:
        """The variant that answers the next request.

        Raises:
            ServiceError: if the request names a variant that is not there.
        """
        if target is not None:
            if target not in self._names("ProductionVariants"):
                raise ServiceError("ValidationError", f"Variant {target} not found for request")
            return target, self.servers[target]
        names = self._names("ProductionVariants")
        weights = [self.weights[name] for name in names]
        name = names[0] if len(names) == 1 or not any(weights) else self._random.choices(names, weights)[0]
        return name, self.servers[name]

    def enter(self) -> None:
        """Count one request in. Called by the endpoint while it holds the lock that a switch takes as well."""
        with self._idle:
            self._in_flight += 1

    def leave(self) -> None:
        """Count one request out."""
        with self._idle:
            self._in_flight -= 1
            self._idle.notify_all()

    def drain(self) -> None:
        """Wait until every request that entered has left, then end the servers."""
        with self._idle:
            self._idle.wait_for(lambda: self._in_flight == 0, _DRAIN_S)
        self.close()

    def adopt(self, old: "Fleet", kept: frozenset[str]) -> None:
        """Take over what is kept of variants that both fleets have, shadows included."""
        for name in self.servers.keys() & old.servers.keys():
            if "DesiredWeight" in kept:
                self.weights[name] = old.weights[name]
            if "DesiredInstanceCount" in kept:
                self.instance_counts[name] = old.instance_counts[name]

    def close(self) -> None:
        """End the servers now."""
        for server in self.servers.values():
            server.close()

    def shadow(self, chosen: str) -> tuple[str, Serving] | None:
        """The variant that gets a copy of the request that another one answers, if this request is one of those."""
        for name in self._names("ShadowProductionVariants"):
            if self._random.random() * self.weights[chosen] < self.weights[name]:
                return name, self.servers[name]
        return None

    def summaries(self, member: str = "ProductionVariants") -> list[Record]:
        """ProductionVariants or ShadowProductionVariants as DescribeEndpoint shows them."""
        return [self._summary(variant) for variant in self.config.get(member, [])]

    def _names(self, member: str) -> list[str]:
        return [variant["VariantName"] for variant in self.config.get(member, [])]

    def _summary(self, variant: Record) -> Record:
        name = variant["VariantName"]
        found = {"VariantName": name, "CurrentWeight": self.weights[name], "DesiredWeight": self.weights[name]}
        if name in self.slots:
            return {**found, **summary(variant)}
        count = self.instance_counts[name]
        return {**found, "CurrentInstanceCount": count, "DesiredInstanceCount": count}


@dataclass(frozen=True, kw_only=True)
class FleetBuilder:
    """Starts fleets."""

    platform: Platform
    models: Models

    def build(self, endpoint_name: str, config: Record) -> Fleet:
        """Start a server per variant and wait until all are healthy.

        Raises:
            FleetError: if one is not; none is left running.
        """
        variants = [*config["ProductionVariants"], *config.get("ShadowProductionVariants", [])]
        with contextlib.ExitStack() as started:
            servers, roles = {}, {}
            for variant in variants:
                server, role = self.start(endpoint_name, variant)
                started.callback(server.close)
                servers[variant["VariantName"]], roles[variant["VariantName"]] = server, role
            started.pop_all()
        return Fleet(
            config=config,
            servers=servers,
            roles=roles,
            slots=slots(config),
            weights={variant["VariantName"]: float(variant.get("InitialVariantWeight", 1.0)) for variant in variants},
            instance_counts={variant["VariantName"]: variant.get("InitialInstanceCount", 1) for variant in variants},
        )

    def start(self, endpoint_name: str, variant: Record) -> tuple[Serving, str]:
        """Start the server of one variant and wait until it is healthy; with it the model's role.

        Many models are started by the requests that name them.

        Raises:
            FleetError: if it is not; nothing is left running.
        """
        launcher = Launcher(
            platform=self.platform,
            endpoint=endpoint_name,
            variant=variant["VariantName"],
            timeout_s=variant.get("ContainerStartupHealthCheckTimeoutInSeconds", PING_TIMEOUT_S),
        )
        try:
            container = self.models.container(variant["ModelName"])
        except ValidationError as exc:
            raise FleetError(str(exc)[:1024]) from exc
        server = ManyModels(container, launcher) if container.many else launcher.launch(container)
        return server, container.role_arn


@contextlib.contextmanager
def entered(fleet: Fleet) -> Iterator[Fleet]:
    """A fleet that was entered is left at the end, whatever happens."""
    try:
        yield fleet
    finally:
        fleet.leave()
