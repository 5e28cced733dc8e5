"""What serves: the kind of endpoint by one setting, its fleet, and what that kind forbids, checked at import."""

from typing import get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of
from headrace.usecase.endpoint_kind import KINDS, EndpointKind, Kind
from headrace.usecase.kind_settings import Asynchronous, Batch, KindSettings, MultiModel, Serverless
from headrace.usecase.scaling import Scaling
from headrace.usecase.trial import Trial

_WHOLE_PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class Serving:
    """The endpoint: its kind, instance and fleet, the share of requests captured, scoring in the stream.

    ``kind`` decides everything else: a setting of another kind is refused, and so is whatever SageMaker does not do
    for it. ``capture_percent`` left out is 100 where requests are captured at all. ``vpc`` puts the model into the
    subnets and security groups that the synthesis is given. With ``trial``, a second variant awaits challengers.
    """

    kind: Kind = "realtime"
    instance_type: str = "ml.m5.large"
    min_instances: int = 1
    max_instances: int = 4
    invocations_per_instance_minute: int = 6_000
    capture_percent: int | None = None
    score_stream: bool = False
    vpc: bool = False
    scaling: Scaling | None = None
    serverless: Serverless | None = None
    asynchronous: Asynchronous | None = None
    batch: Batch | None = None
    multi_model: MultiModel | None = None
    trial: Trial | None = None

    def __post_init__(self) -> None:
        require_one_of(self.kind, get_args(Kind), "serving.kind")
        self._check_figures()
        self._check_settings_of_other_kinds()
        self._check_what_the_kind_forbids()
        self._check_scaling()

    @property
    def can(self) -> EndpointKind:
        """What SageMaker does for this kind."""
        return KINDS[self.kind]

    @property
    def sampled_percent(self) -> int:
        """The share of requests that is captured; 0 where the kind captures none."""
        if self.capture_percent is not None:
            return self.capture_percent
        return _WHOLE_PERCENT if self.can.capture else 0

    @property
    def profile(self) -> Scaling:
        """How its fleet scales: as given, or as fits the kind."""
        return self.scaling or Scaling(follow="backlog" if self.kind == "asynchronous" else "invocations")

    @property
    def on_demand(self) -> Serverless:
        """Settings of a serverless endpoint, given or default."""
        return self.serverless or Serverless()

    @property
    def queued(self) -> Asynchronous:
        """Settings of an asynchronous endpoint, given or default."""
        return self.asynchronous or Asynchronous()

    @property
    def scheduled(self) -> Batch:
        """Settings of batch scoring, given or default."""
        return self.batch or Batch()

    @property
    def tenant(self) -> str | None:
        """The event's field that names the model; None where there is one model."""
        return self.multi_model.tenant if self.multi_model else None

    def _check_figures(self) -> None:
        least = 0 if self.can.to_zero else 1
        require(
            least <= self.min_instances <= self.max_instances and self.max_instances > 0,
            "serving.min_instances",
            f"is outside {least} to max_instances",
            "mend either" + ("" if least == 0 else "; only an asynchronous endpoint can have none"),
        )
        require(
            self.invocations_per_instance_minute > 0,
            "serving.invocations_per_instance_minute",
            "is not positive",
            "say how many requests one instance answers in a minute",
        )
        require(
            self.capture_percent is None or 0 <= self.capture_percent <= _WHOLE_PERCENT,
            "serving.capture_percent",
            "is outside 0 to 100",
            "give a percentage",
        )
        require(
            self.instance_type.startswith("ml."),
            "serving.instance_type",
            "is no SageMaker type",
            "use one such as 'ml.m5.large'",
        )

    def _check_settings_of_other_kinds(self) -> None:
        given: tuple[KindSettings | None, ...] = (self.serverless, self.asynchronous, self.batch, self.multi_model)
        for settings in given:
            if settings is not None:
                require(
                    settings.kind == self.kind,
                    f"serving.{settings.kind}",
                    f"is given, and the endpoint is {self.kind}",
                    f"drop it, or set kind={settings.kind!r}",
                )
        require(
            self.kind != "multi_model" or self.multi_model is not None,
            "serving.multi_model",
            "is missing",
            "say which field names the model: MultiModel(tenant='...')",
        )

    def _check_what_the_kind_forbids(self) -> None:
        can, noun = self.can, self.kind
        rules = (
            (
                can.capture or not self.capture_percent,
                "capture_percent",
                "has no data capture that monitors could read",
                "drop it; vectors of the stream and batch outputs are in the lake all the same",
            ),
            (
                can.variants or self.trial is None,
                "trial",
                "serves one model at a time",
                "drop it, or set kind='realtime'",
            ),
            (can.vpc or not self.vpc, "vpc", "cannot be in a VPC", "drop it, or set kind='realtime'"),
            (
                can.instances or self.min_instances == 1,
                "min_instances",
                "has no instances",
                "drop it; Serverless(provisioned=...) keeps some of it warm",
            ),
            (
                not self.score_stream or (can.answers and can.one_model),
                "score_stream",
                "does not answer a whole batch of events at once",
                "drop it, or set kind='realtime' or 'serverless'",
            ),
        )
        for ok, name, problem, fix in rules:
            require(ok, f"serving.{name}", f"{noun} {problem}", fix)
        copied = self.trial is None or self.trial.shadow is None or self.sampled_percent > 0
        require(copied, "serving.trial.shadow", "is seen by nobody where nothing is captured", "drop capture_percent=0")

    def _check_scaling(self) -> None:
        if self.scaling is None:
            return
        scales = self.can.instances and self.kind != "batch"
        fix = "drop it; Serverless(most_provisioned=...) scales what is kept warm"
        require(scales, "serving.scaling", f"{self.kind} has no fleet to scale", fix)
        asynchronous = self.kind == "asynchronous"
        fits = self.scaling.follow == "backlog" if asynchronous else self.scaling.follow != "backlog"
        require(
            fits,
            "serving.scaling.follow",
            f"{self.kind} cannot follow {self.scaling.follow!r}",
            "use 'backlog'" if asynchronous else "use 'invocations' or 'cpu'",
        )
        require(
            not (asynchronous and self.scaling.steps),
            "serving.scaling.steps",
            "asynchronous follows its backlog",
            "drop it",
        )
        off = self.scaling.off_hours
        require(
            off is None or ((self.can.to_zero or off.instances >= 1) and off.instances <= self.max_instances),
            "serving.scaling.off_hours.instances",
            "is outside what the fleet may have",
            "give 1; only an asynchronous endpoint can have none",
        )
