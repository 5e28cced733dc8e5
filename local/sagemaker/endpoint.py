"""One endpoint: its state, its fleet, and the blue/green switch that loses no request.

An update starts the new fleet beside the old one, moves traffic when every new server is healthy, waits until the
requests inside the old fleet have ended, and only then ends it. A new fleet that is not well is ended and the old one
stays.
"""

import contextlib
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from local.sagemaker import rollout, serverless, state_events
from local.sagemaker.errors import ValidationError
from local.sagemaker.fleet import Fleet, FleetBuilder, entered
from local.sagemaker.launch import FleetError
from local.sagemaker.platform import Platform, Record


@dataclass
class _Routes:
    """Which fleets serve, each with its share of the traffic."""

    _routes: list[tuple[Fleet, float]] = field(init=False, default_factory=list)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)
    _random: random.Random = field(init=False, default_factory=random.Random)

    def set(self, *routes: tuple[Fleet, float]) -> None:
        with self._lock:
            self._routes = [route for route in routes if route[1] > 0]

    def _take(self) -> Fleet | None:
        with self._lock:  # a switch cannot come between choosing a fleet and counting the request in
            if not self._routes:
                return None
            fleet = self._random.choices([it for it, _ in self._routes], [share for _, share in self._routes])[0]
            fleet.enter()
            return fleet

    @contextlib.contextmanager
    def enter(self) -> Iterator[Fleet | None]:
        """The fleet that answers one request, None if nothing serves."""
        fleet = self._take()
        if fleet is None:
            yield None
            return
        with entered(fleet):
            yield fleet


class Endpoint:
    """An endpoint. ``record`` is what DescribeEndpoint shows; transitions run one at a time in a thread."""

    def __init__(self, platform: Platform, builder: FleetBuilder, record: Record) -> None:
        self._platform = platform
        self._builder = builder
        self.record = record
        self._routes = _Routes()
        self._fleet: Fleet | None = None
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def enter(self) -> contextlib.AbstractContextManager[Fleet | None]:
        """The fleet that answers one request, kept alive until the context ends."""
        return self._routes.enter()

    @property
    def fleet(self) -> Fleet | None:
        """The fleet of the configuration that DescribeEndpoint names."""
        return self._fleet

    def create(self, config: Record) -> None:
        """Start the first fleet; returns at once."""
        self._emit()
        self._in_thread(lambda: self._create(config))

    def update(self, config: Record, deployment: Record, *, kept: frozenset[str]) -> None:
        """Replace the fleet blue/green, with the ``kept`` properties of its variants; returns at once.

        Raises:
            ValidationError: if the endpoint is busy or the guardrails do not fit.
        """
        if self.record["EndpointStatus"] not in ("InService", "Failed"):
            raise ValidationError(f'Cannot update in-progress endpoint "{self.record["EndpointArn"]}".')
        if self._fleet is not None:
            serverless.require_update(self._fleet.config, config, deployment)
            rollout.require_valid(deployment, self._fleet.config, config)
        variants = [
            {
                "VariantName": variant["VariantName"],
                "DesiredInstanceCount": variant.get("InitialInstanceCount", 1),
                "CurrentInstanceCount": 0,
            }
            for variant in config["ProductionVariants"]
        ]
        pending = {
            "EndpointConfigName": config["EndpointConfigName"],
            "ProductionVariants": variants,
            "StartTime": self._platform.now(),
        }
        self.record.pop("FailureReason", None)
        self._change("Updating", PendingDeploymentSummary=pending, LastDeploymentConfig=deployment or None)
        self._in_thread(lambda: self._update(config, deployment, kept))

    def delete(self) -> None:
        """Stop serving and end every server."""
        self._closed.set()
        self._routes.set()
        self._change("Deleting")
        self.wait(60)
        if self._fleet is not None:
            self._fleet.drain()
            self._fleet = None

    def wait(self, timeout_s: float) -> None:
        """Wait for the end of the transition that is under way."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def close(self) -> None:
        """End every server now, because the process ends."""
        self._closed.set()
        self._routes.set()
        if self._fleet is not None:
            self._fleet.close()

    def _in_thread(self, work: Callable[[], None]) -> None:
        self._thread = threading.Thread(target=work, daemon=True, name=f"endpoint-{self.record['EndpointName']}")
        self._thread.start()

    def _build(self, config: Record) -> Fleet:
        fleet = self._builder.build(self.record["EndpointName"], config)
        if self._closed.is_set():
            fleet.close()
            raise FleetError("the endpoint was deleted")
        return fleet

    def _create(self, config: Record) -> None:
        try:
            self._fleet = self._build(config)
        except FleetError as exc:
            self._change("Failed", FailureReason=str(exc))
            return
        self._routes.set((self._fleet, 1.0))
        self._change("InService", ProductionVariants=self._fleet.summaries())

    def _update(self, config: Record, deployment: Record, kept: frozenset[str]) -> None:
        old = self._fleet
        self._announce("Creating")
        try:
            new = self._build(config)
        except FleetError as exc:
            self._change(
                "Failed" if old is None else "InService", FailureReason=str(exc), PendingDeploymentSummary=None
            )
            return
        if old is not None:
            new.adopt(old, kept)
        try:
            self._shift(old, new, deployment)
        except FleetError as exc:
            self._change("RollingBack")
            self._routes.set(*([(old, 1.0)] if old else []))
            new.drain()
            self._change("InService", FailureReason=str(exc), PendingDeploymentSummary=None)
            return
        self._fleet = new
        self._change(
            "InService",
            EndpointConfigName=new.config_name,
            ProductionVariants=new.summaries(),
            PendingDeploymentSummary=None,
        )
        if old is not None:
            old.drain()

    def _shift(self, old: Fleet | None, new: Fleet, deployment: Record) -> None:
        for share in rollout.shares(deployment, sum(new.instance_counts.values())):
            self._announce("ActivatingTraffic")
            self._routes.set((new, share), *([(old, 1.0 - share)] if old else []))
            self._announce("Baking")
            rollout.bake(self._platform, deployment, rollout.wait_s(deployment, last=share == 1.0), self._closed.is_set)

    def _announce(self, variant_status: str) -> None:
        self._platform.emit(state_events.deployment_changed(self.record, variant_status))

    def _emit(self) -> None:
        self._platform.emit(state_events.endpoint_changed(self.record))

    def _change(self, status: str, **facts: object) -> None:
        self.record.update(facts, EndpointStatus=status, LastModifiedTime=self._platform.now())
        self._emit()
