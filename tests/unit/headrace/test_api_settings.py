"""The API's settings: every combination that AWS would not serve is refused with the field and the fix."""

from dataclasses import replace
from typing import Any

import pytest

from headrace.errors import UseCaseError
from headrace.usecase import Alerts, Api, UsagePlan
from usecases import load

FRAUD = load("fraud")
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC"
PLAN = UsagePlan(name="checkout", rate_per_s=100, burst=50, per_day=1_000_000)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"kind": "rest"},
        {"auth": "jwt", "issuer": "https://issuer.example", "audience": ("api",), "scopes": ("predict",)},
        {"auth": "cognito", "user_pool_arn": POOL, "audience": ("client",)},
        {"kind": "rest", "auth": "cognito", "user_pool_arn": POOL, "scopes": ("headrace/predict",)},
        {"kind": "rest", "auth": "api_key", "plans": (PLAN,)},
        {"kind": "rest", "auth": "iam", "plans": (PLAN,), "per_address": 5_000, "trace_share": 0.1},
        {"rate_per_s": 10_000, "burst": 5_000, "trace_share": 0.0, "log_share": 0.0, "metrics_share": 0.0},
    ],
)
def test_what_aws_serves_is_accepted(settings: dict[str, Any]) -> None:
    assert replace(FRAUD, api=Api(**settings)).api == Api(**settings)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "soap"}, "api.kind: 'soap' is unknown; use one of http, rest"),
        ({"auth": "none"}, "api.auth: 'none' is unknown; use one of api_key, cognito, iam, jwt"),
        ({"auth": "api_key"}, "api.auth: an HTTP API has no API keys; set kind='rest' and plans"),
        ({"plans": (PLAN,)}, "api.plans: is for REST APIs: an HTTP API has no usage plans; set kind='rest'"),
        ({"per_address": 100}, "api.per_address: is for REST APIs: an HTTP API has no firewall; set kind='rest'"),
        ({"trace_share": 0.5}, "api.trace_share: is for REST APIs: behind an HTTP API Lambda chooses"),
        (
            {"kind": "rest", "auth": "jwt", "issuer": "https://x"},
            "api.auth: a REST API checks no JSON web tokens but Cognito's; use kind='http', or auth='cognito'",
        ),
        ({"kind": "rest", "auth": "api_key"}, "api.plans: is empty, so there is no key to call with; add a UsagePlan"),
        ({"issuer": "https://x"}, "api.issuer: auth='iam' reads no issuer; drop it, or set auth to 'jwt'"),
        ({"user_pool_arn": POOL}, "api.user_pool_arn: auth='iam' reads no pool; drop it, or set auth to 'cognito'"),
        ({"auth": "jwt", "issuer": "http://x", "audience": ("a",)}, "api.issuer: is no https URL; give the 'iss'"),
        ({"auth": "jwt", "audience": ("a",)}, "api.issuer: is no https URL"),
        ({"auth": "jwt", "issuer": "https://x"}, "api.audience: is empty, so a token made for anybody would do"),
        ({"auth": "cognito", "user_pool_arn": "x", "audience": ("a",)}, "api.user_pool_arn: is no ARN of a Cognito"),
        ({"auth": "cognito", "user_pool_arn": POOL}, "api.audience: is empty"),
        (
            {"kind": "rest", "auth": "cognito", "user_pool_arn": POOL, "audience": ("a",)},
            "api.audience: is not checked by this API; drop it",
        ),
        ({"audience": ("a",)}, "api.audience: is not checked by this API; drop it"),
        ({"scopes": ("a",)}, "api.scopes: are in tokens only; drop it, or set auth to 'jwt' or 'cognito'"),
        ({"rate_per_s": 10_001}, "api.rate_per_s: is outside 1 to 10000, the quota that the account's APIs share"),
        ({"rate_per_s": 0}, "api.rate_per_s: is outside 1 to 10000"),
        ({"burst": 5_001}, "api.burst: is outside 1 to 5000, the quota"),
        ({"kind": "rest", "per_address": 9}, "api.per_address: is below 10, the firewall's smallest; raise or drop it"),
        ({"kind": "rest", "plans": (PLAN, PLAN)}, "api.plans: 'checkout' is there twice"),
        (
            {"kind": "rest", "plans": (PLAN,), "rate_per_s": 99},
            r"api.plans\[checkout\]: has more than the whole API; lower it, or raise rate_per_s and burst",
        ),
        ({"batch_events": 1_001}, "api.batch_events: is outside 1 to 1000; Lambda takes no more: lower it"),
        ({"batch_events": 0}, "api.batch_events: is outside 1 to 1000"),
        ({"batch_bytes": 4_000_001}, "api.batch_bytes: is outside 1 to 4000000"),
        ({"endpoint_timeout_s": 0.0}, "api.endpoint_timeout_s: is not above 0"),
        ({"state_timeout_s": 7.0}, "api.endpoint_timeout_s: is not above 0, or both waits are above 8 seconds"),
        ({"log_share": 1.5}, "api.log_share: is outside 0 to 1; give a fraction"),
        ({"kind": "rest", "trace_share": -0.1}, "api.trace_share: is outside 0 to 1"),
        ({"batch_bytes": 65_535}, "api.batch_bytes: is below event.max_bytes, 65536: a batch of one event"),
    ],
)
def test_whatever_aws_would_not_serve_is_refused_with_the_field_and_the_fix(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(UseCaseError, match=message):
        replace(FRAUD, api=Api(**settings))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "Checkout"}, r"api.plans\[Checkout\]: 'Checkout' is not a name"),
        ({"rate_per_s": 0}, r"api.plans\[checkout\].rate_per_s: is below 1; say how many requests a second"),
        ({"burst": 0}, r"api.plans\[checkout\].burst: is below 1"),
        ({"per_day": 0}, r"api.plans\[checkout\].per_day: is below 1; give a count, or drop it"),
    ],
)
def test_a_plan_that_lets_nobody_in_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(UseCaseError, match=message):
        UsagePlan(**{"name": "checkout", "rate_per_s": 1, "burst": 1} | settings)


def test_the_function_may_run_as_often_at_once_as_its_rate_needs() -> None:
    assert (Api().concurrency, Api(rate_per_s=10).concurrency) == (200, 10)
    assert (Api().keyed, Api(kind="rest", plans=(PLAN,)).keyed) == (False, True)


@pytest.mark.parametrize(
    ("alerts", "score_stream", "message"),
    [
        ({"decisions": ("STOP",)}, True, "alerts.decisions: 'STOP' is unknown; use one of APPROVE, BLOCK, REVIEW"),
        ({"decisions": ("BLOCK",)}, False, "alerts: asks for decisions in the stream, where nothing is scored"),
        ({}, True, "alerts.decisions: is empty, so nothing would be announced; name at least one"),
        ({"decisions": ("BLOCK", "BLOCK")}, True, "alerts.decisions: 'BLOCK' is there twice"),
    ],
)
def test_alerts_are_decisions_of_the_stream(alerts: dict[str, Any], score_stream: bool, message: str) -> None:
    with pytest.raises(UseCaseError, match=message):
        replace(FRAUD, alerts=Alerts(**alerts), serving=replace(FRAUD.serving, score_stream=score_stream))


def test_alerts_may_be_all_predictions() -> None:
    assert replace(FRAUD, alerts=Alerts(every_prediction=True)).alerts == Alerts(every_prediction=True)
