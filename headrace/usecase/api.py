"""How callers reach the model over HTTP: which API, who may call, how much, and how closely calls are watched."""

from typing import Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_name, require_one_of, require_unique

ApiKind = Literal["http", "rest"]
ApiAuth = Literal["iam", "jwt", "cognito", "api_key"]
MOST_PER_S, MOST_BURST = 10_000, 5_000
"""What one account's APIs in one region share, unless AWS has raised the first; the second is AWS's own."""
_MOST_EVENTS, _MOST_BYTES = 1_000, 4_000_000
"""Lambda takes 6 MB a request, and a body is a JSON text within it, its quotes escaped."""
_LONGEST_S = 8.0
"""Both waits together: the function itself ends after ten seconds."""
_LEAST_PER_ADDRESS = 10


@dataclass(frozen=True, kw_only=True)
class UsagePlan:
    """One caller's share of a REST API: an API key with a rate, a burst and perhaps a quota of requests a day."""

    name: str
    rate_per_s: int
    burst: int
    per_day: int | None = None

    def __post_init__(self) -> None:
        where = f"api.plans[{self.name}]"
        require_name(self.name, where)
        require(self.rate_per_s >= 1, f"{where}.rate_per_s", "is below 1", "say how many requests a second are let in")
        require(self.burst >= 1, f"{where}.burst", "is below 1", "say how many requests may come at once")
        require(self.per_day is None or self.per_day >= 1, f"{where}.per_day", "is below 1", "give a count, or drop it")


@dataclass(frozen=True, kw_only=True)
class Api:
    """The inference API.

    Attributes:
        kind: ``http``: an HTTP API, cheaper and quicker. ``rest``: a REST API behind a web application firewall, where
            ``plans`` may give each caller a key, a rate and a quota.
        auth: ``iam``: signed requests. ``jwt``: tokens of ``issuer`` (HTTP only). ``cognito``: tokens of one user pool.
            ``api_key``: nothing but the key of a plan (REST only), which names a caller rather than proves one.
        issuer: of JSON web tokens: an https URL.
        audience: which ``aud`` or ``client_id`` tokens must have: for JWT, and for Cognito on an HTTP API.
        user_pool_arn: of Cognito.
        scopes: one of which a token must have.
        rate_per_s: requests a second that all callers together may send, on average.
        burst: how many requests may come at once.
        plans: one per caller of a REST API. With any, a request needs a key as well as what ``auth`` asks.
        per_address: requests that the firewall lets in from one address in five minutes (REST only).
        batch_events: the most events of one ``POST /predict/batch``.
        batch_bytes: the largest body of one.
        endpoint_timeout_s: the longest wait for the model, retries included; after it the answer is the fallback.
        state_timeout_s: the same for window state.
        log_share: of answered requests, how many leave a line in the log. Degraded and failed ones always do.
        metrics_share: of plain answers, how many are counted; each stands for as many as it was drawn from. Refused
            and degraded ones always are.
        trace_share: of requests that X-Ray traces. None: Lambda's own choice, one a second and a twentieth of the rest,
            which is all that an HTTP API can have besides 0.
    """

    kind: ApiKind = "http"
    auth: ApiAuth = "iam"
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    user_pool_arn: str | None = None
    scopes: tuple[str, ...] = ()
    rate_per_s: int = 2_000
    burst: int = 1_000
    plans: tuple[UsagePlan, ...] = ()
    per_address: int | None = None
    batch_events: int = 100
    batch_bytes: int = 1_000_000
    endpoint_timeout_s: float = 2.0
    state_timeout_s: float = 1.0
    log_share: float = 0.01
    metrics_share: float = 1.0
    trace_share: float | None = None

    def __post_init__(self) -> None:
        require_one_of(self.kind, get_args(ApiKind), "api.kind")
        require_one_of(self.auth, get_args(ApiAuth), "api.auth")
        self._check_kind()
        self._check_tokens()
        self._check_rates()
        self._check_bounds()
        self._check_shares()

    def _check_kind(self) -> None:
        rest = self.kind == "rest"
        only_rest = "is for REST APIs: an HTTP API has no {}"
        fix = "set kind='rest', or drop it"
        require(rest or self.auth != "api_key", "api.auth", "an HTTP API has no API keys", "set kind='rest' and plans")
        require(rest or not self.plans, "api.plans", only_rest.format("usage plans"), fix)
        require(rest or self.per_address is None, "api.per_address", only_rest.format("firewall"), fix)
        require(
            rest or self.trace_share in (None, 0.0),
            "api.trace_share",
            "is for REST APIs: behind an HTTP API Lambda chooses by itself, and can only be told to leave it",
            "set kind='rest', or trace_share to 0 or None",
        )
        require(
            not rest or self.auth != "jwt",
            "api.auth",
            "a REST API checks no JSON web tokens but Cognito's",
            "use kind='http', or auth='cognito'",
        )
        require(
            self.auth != "api_key" or bool(self.plans),
            "api.plans",
            "is empty, so there is no key to call with",
            "add a UsagePlan per caller",
        )

    def _check_tokens(self) -> None:
        jwt, cognito = self.auth == "jwt", self.auth == "cognito"
        issuer, pool = self.issuer or "", self.user_pool_arn or ""
        fix = f"drop it, or set auth to {'{}'}"
        require(jwt or not issuer, "api.issuer", f"auth={self.auth!r} reads no issuer", fix.format("'jwt'"))
        require(cognito or not pool, "api.user_pool_arn", f"auth={self.auth!r} reads no pool", fix.format("'cognito'"))
        require(
            not jwt or issuer.startswith("https://"), "api.issuer", "is no https URL", "give the 'iss' of your tokens"
        )
        require(
            not cognito or (pool.startswith("arn:") and ":userpool/" in pool),
            "api.user_pool_arn",
            "is no ARN of a Cognito user pool",
            "give arn:aws:cognito-idp:REGION:ACCOUNT:userpool/ID",
        )
        checked = self.kind == "http" and self.auth in ("jwt", "cognito")
        require(
            checked == bool(self.audience),
            "api.audience",
            "is empty, so a token made for anybody would do" if checked else "is not checked by this API",
            "name the client ids" if checked else "drop it",
        )
        require(jwt or cognito or not self.scopes, "api.scopes", "are in tokens only", fix.format("'jwt' or 'cognito'"))

    def _check_rates(self) -> None:
        for name, value, most in (("rate_per_s", self.rate_per_s, MOST_PER_S), ("burst", self.burst, MOST_BURST)):
            require(
                1 <= value <= most,
                f"api.{name}",
                f"is outside 1 to {most}, the quota that the account's APIs share",
                "lower it",
            )
        require_unique((plan.name for plan in self.plans), "api.plans")
        for plan in self.plans:
            within = plan.rate_per_s <= self.rate_per_s and plan.burst <= self.burst
            require(
                within,
                f"api.plans[{plan.name}]",
                "has more than the whole API",
                "lower it, or raise rate_per_s and burst",
            )
        require(
            self.per_address is None or self.per_address >= _LEAST_PER_ADDRESS,
            "api.per_address",
            f"is below {_LEAST_PER_ADDRESS}, the firewall's smallest",
            "raise or drop it",
        )

    def _check_bounds(self) -> None:
        for name, value, most in (
            ("batch_events", self.batch_events, _MOST_EVENTS),
            ("batch_bytes", self.batch_bytes, _MOST_BYTES),
        ):
            require(1 <= value <= most, f"api.{name}", f"is outside 1 to {most}", "Lambda takes no more: lower it")
        for name, seconds in (
            ("endpoint_timeout_s", self.endpoint_timeout_s),
            ("state_timeout_s", self.state_timeout_s),
        ):
            require(
                seconds > 0 and self.endpoint_timeout_s + self.state_timeout_s <= _LONGEST_S,
                f"api.{name}",
                f"is not above 0, or both waits are above {_LONGEST_S:g} seconds together",
                "say how long a caller can wait",
            )

    def _check_shares(self) -> None:
        shares = {"log_share": self.log_share, "metrics_share": self.metrics_share, "trace_share": self.trace_share}
        for name, share in shares.items():
            require(share is None or 0 <= share <= 1, f"api.{name}", "is outside 0 to 1", "give a fraction")

    @property
    def concurrency(self) -> int:
        """How many requests the function answers at once: its rate, at a tenth of a second each."""
        return max(10, self.rate_per_s // 10)

    @property
    def keyed(self) -> bool:
        """Whether a request needs an API key."""
        return bool(self.plans)
