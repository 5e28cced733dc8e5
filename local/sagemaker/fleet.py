"""The servers of one endpoint configuration: one per variant, traffic split by weight."""

import contextlib
import random
import tempfile
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from local.sagemaker import transfer
from local.sagemaker.container import Root, environment
from local.sagemaker.errors import JobFailedError, ServiceError, ValidationError
from local.sagemaker.models import Models, ServedContainer
from local.sagemaker.platform import Platform, Record
from local.sagemaker.server import PING_TIMEOUT_S, Server, UnhealthyError
from local.sagemaker.serverless import Slots, slots, summary

_DRAIN_S = 60.0


class FleetError(JobFailedError):
    """A fleet did not become healthy. The message is the endpoint's FailureReason."""


@dataclass(kw_only=True)
class Fleet:
    """Running servers of a configuration. ``weights`` may change while it serves."""

    config: Record
    servers: Mapping[str, Server]
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

    def choose(self, target: str | None) -> tuple[str, Server]:
        """The variant that answers the next request.

        Raises:
            ServiceError: if the request names a variant that is not there.
        """
        if target is not None:
            if target not in self.servers:
                raise ServiceError("ValidationError", f"Variant {target} not found for request")
            return target, self.servers[target]
        names = list(self.servers)
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

    def adopt(self, old: "Fleet") -> None:
        """Take over weights and instance counts of variants that both fleets have (RetainAllVariantProperties)."""
        for name in self.servers.keys() & old.servers.keys():
            self.weights[name] = old.weights[name]
            self.instance_counts[name] = old.instance_counts[name]

    def close(self) -> None:
        """End the servers now."""
        for server in self.servers.values():
            server.close()

    def summaries(self) -> list[Record]:
        """ProductionVariants as DescribeEndpoint shows them."""
        return [self._summary(variant) for variant in self.config["ProductionVariants"]]

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
        variants = config["ProductionVariants"]
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

    def start(self, endpoint_name: str, variant: Record) -> tuple[Server, str]:
        """Start the server of one variant and wait until it is healthy; with it the model's role.

        Raises:
            FleetError: if it is not; nothing is left running.
        """
        name = variant["VariantName"]
        root = Root(Path(tempfile.mkdtemp(prefix=f"{endpoint_name[:30]}-{name[:20]}-", dir=self.platform.work_dir)))
        try:
            container = self.models.container(variant["ModelName"])
            self._fetch_model(container, root)
            log = self._log(endpoint_name, name)
            server = Server(root=root, environment=self._environment(container, root), log=log)
            server.start(variant.get("ContainerStartupHealthCheckTimeoutInSeconds", PING_TIMEOUT_S))
        except UnhealthyError as exc:
            self._keep_log(endpoint_name, name)
            root.remove()
            raise FleetError(
                f"The primary container for production variant {name} did not pass the ping health check. "
                f"Please check CloudWatch logs for this endpoint. {exc}"[:1024]
            ) from exc
        except (ValidationError, JobFailedError) as exc:
            root.remove()
            raise FleetError(str(exc)[:1024]) from exc
        return server, container.role_arn

    def _log(self, endpoint_name: str, variant: str) -> Path:
        directory = self.platform.work_dir / "logs"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / f"endpoint-{endpoint_name}-{variant}.log"

    def _keep_log(self, endpoint_name: str, variant: str) -> None:
        log = self._log(endpoint_name, variant)
        if log.exists():
            self.platform.write_log(
                f"/aws/sagemaker/Endpoints/{endpoint_name}", variant, log.read_text(errors="replace")
            )

    def _fetch_model(self, container: ServedContainer, root: Root) -> None:
        staging = root.place("/opt/ml/download")
        try:
            transfer.download(self.platform.objects(container.role_arn), container.data_url, staging)
        except JobFailedError as exc:
            raise FleetError(f"Failed to download model data from {container.data_url}: {exc}") from exc
        archives = list(staging.iterdir())
        if len(archives) != 1:
            raise FleetError(f"Failed to extract model data archive from {container.data_url}: not one object")
        transfer.unpack(archives[0], root.place("/opt/ml/model"))
        archives[0].unlink()

    def _environment(self, container: ServedContainer, root: Root) -> dict[str, str]:
        code = root.opt_ml / "model" / "code"
        defaults = {"SAGEMAKER_BASE_DIR": "/opt/ml", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
        made = environment(root, self.platform.job_environment(container.role_arn), defaults, container.environment)
        # The toolkit puts the script's directory first; ours is the loader of that script, not part of it.
        made["PYTHONPATH"] = ":".join(filter(None, [str(code), made.get("PYTHONPATH", "")]))
        return made


@contextlib.contextmanager
def entered(fleet: Fleet) -> Iterator[Fleet]:
    """A fleet that was entered is left at the end, whatever happens."""
    try:
        yield fleet
    finally:
        fleet.leave()
