"""Where monitors write and when they run: keys read back, windows follow each other, wrong settings are refused."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

import usecases
from headrace.errors import RejectedError, UseCaseError
from headrace.events import KINDS
from headrace.monitoring import Outputs, schedule_name
from headrace.usecase import Facet, Monitor, Thresholds

HOUR = 3_600


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.mark.parametrize("kind", KINDS)
def test_the_key_of_a_run_tells_whose_it_is_and_of_which_window(kind: str) -> None:
    run = Outputs(endpoint="headrace-card-fraud-prod", kind=kind, end=moment("2026-03-04T05:00"))
    assert Outputs.of_key(run.violations) == run


def test_documents_lie_where_native_model_monitor_would_put_them() -> None:
    run = Outputs(endpoint="headrace-fraud-dev", kind="data_quality", end=moment("2026-03-04T05:00"))
    assert run.folder == "monitoring/headrace-fraud-dev/headrace-fraud-dev-data-quality/2026/03/04/05/"
    assert schedule_name("headrace-fraud-dev", "bias") == "headrace-fraud-dev-bias"


@pytest.mark.parametrize(
    "key",
    [
        "monitoring/e/e-data-quality/2026/03/04/constraint_violations.json",
        "monitoring/e/e-colour/2026/03/04/05/constraint_violations.json",
        "capture/e/AllTraffic/2026/03/04/05/a.jsonl",
    ],
)
def test_a_key_of_something_else_is_refused(key: str) -> None:
    with pytest.raises(RejectedError, match="key"):
        Outputs.of_key(key)


@pytest.mark.parametrize(
    ("monitor", "cron"),
    [
        (Monitor(), "cron(0 1 * * ? *)"),
        (Monitor(every="1h", lag="15m"), "cron(15 * * * ? *)"),
        (Monitor(every="6h", lag="90m"), "cron(30 1/6 * * ? *)"),
        (Monitor(every="7d", lag="2h"), "cron(0 2 ? * MON *)"),
    ],
)
def test_a_run_starts_the_lag_after_its_windows_end(monitor: Monitor, cron: str) -> None:
    assert monitor.cron == cron


def test_a_window_is_read_once_its_lag_has_passed() -> None:
    daily = Monitor(every="1d", lag="1h")
    midnight = moment("2026-03-04T00:00")
    assert daily.window_end(midnight + HOUR) == midnight
    assert daily.window_end(midnight + HOUR - 1) == midnight - 24 * HOUR
    assert daily.window_end(midnight + 25 * HOUR - 1) == midnight


def test_windows_of_a_week_end_on_mondays() -> None:
    end = Monitor(every="7d").window_end(moment("2026-03-05T12:00"))
    assert datetime.fromtimestamp(end, UTC).strftime("%a %H:%M") == "Mon 00:00"


def test_a_kind_may_be_judged_by_calendar_months_whose_windows_follow_each_other() -> None:
    monitor = Monitor(kinds=("data_quality", "attribution"), monthly=("attribution",), lag="2h")
    assert (monitor.cron_of("data_quality"), monitor.cron_of("attribution")) == (monitor.cron, "cron(0 2 1 * ? *)")
    march = moment("2026-03-01T00:00")
    before, january = moment("2026-02-01T00:00"), moment("2026-01-01T00:00")
    assert monitor.window("attribution", march + 2 * HOUR) == (before, march)
    assert monitor.window("attribution", march + 2 * HOUR - 1) == (january, before)
    assert monitor.window("attribution", before + 2 * HOUR) == (january, before)
    assert monitor.window("data_quality", march + 2 * HOUR) == (march - 24 * HOUR, march)
    assert monitor.window("attribution", moment("2026-01-20T00:00")) == (moment("2025-12-01T00:00"), january)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (lambda: Monitor(monthly=("bias",)), "monitor.monthly"),
        (lambda: Monitor(monthly=("data_quality",)), "monitor.monthly"),
        (lambda: Monitor(monthly=("attribution",), engine="model_monitor"), "monitor.monthly"),
        (lambda: Monitor(kinds=("colour",)), "monitor.kinds"),
        (lambda: Monitor(every="5h"), "monitor.every"),
        (lambda: Monitor(every="1h", lag="1h"), "monitor.lag"),
        (lambda: Monitor(lag="90s"), "monitor.lag"),
        (lambda: Monitor(engine="model_monitor", every="7d"), "monitor.every"),
        (lambda: Thresholds(least_effect=1.5), "monitor.thresholds.least_effect"),
        (lambda: Thresholds(effects={"amount": 2.0}), "monitor.thresholds.effects"),
    ],
)
def test_a_wrong_monitor_is_refused_by_the_name_of_its_field(wrong: object, field: str) -> None:
    with pytest.raises(UseCaseError, match=field.replace(".", r"\.")):
        wrong()


def test_bias_is_watched_only_where_the_model_has_facets() -> None:
    with pytest.raises(UseCaseError, match=r"monitor\.kinds"):
        replace(usecases.load("fraud"), monitor=Monitor(kinds=("bias",)))


def test_clarify_is_not_asked_for_groups_that_capture_does_not_hold() -> None:
    loans, native = usecases.load("loans"), Monitor(kinds=("bias",), engine="model_monitor")
    with pytest.raises(UseCaseError, match="gender"):
        replace(loans, monitor=native)
    seen = replace(loans.model, facets=(Facet(field="income", below=500),))
    assert replace(loans, model=seen, monitor=native).uncaptured_facets == ()


def test_a_threshold_names_a_feature() -> None:
    with pytest.raises(UseCaseError, match="effects"):
        replace(usecases.load("fraud"), monitor=Monitor(thresholds=Thresholds(effects={"colour": 0.1})))


@pytest.mark.parametrize("time", ["2026/01/81/03", "2026/13/01/00", "2026/01/01/24", "0000/01/01/00"])
def test_a_key_of_an_hour_that_never_was_is_refused(time: str) -> None:
    with pytest.raises(RejectedError, match="names no hour of any day"):
        Outputs.of_key(f"monitoring/e/e-bias/{time}/constraint_violations.json")
