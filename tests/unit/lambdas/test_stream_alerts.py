"""Alerts of the stream: who is told, what, again rather than never, and never at the stream's cost."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from lambda_fakes import FakeEndpoint, FakeLog, FakeStore, FakeTable, Faults
from shard_records import START, event, record

from headrace.decisions import decide
from headrace.events import AlertRaised, BusEvent, PredictionMade
from headrace.features import FeatureSet, Vector
from headrace.usecase import Alerts
from lambdas.enrichment.alerts import Announcer
from lambdas.enrichment.logic import Enrichment, enrich
from lambdas.shared.scoring import EndpointError, Scored, Scorer
from usecases import load

FRAUD = load("fraud")


class Banded(FakeEndpoint):
    """Blocks events above 100."""

    def predict(self, vectors: Sequence[Vector], *, ids: Sequence[str], explain: int = 0) -> list[Scored]:
        scored = super().predict(vectors, ids=ids)
        dear = [(vector["amount"] or 0) > 100 for vector in vectors]
        return [
            it._replace(decision="BLOCK" if is_dear else "APPROVE") for it, is_dear in zip(scored, dear, strict=True)
        ]


@dataclass
class FakeBus:
    """A bus that may take nothing."""

    takes: bool = True
    told: list[BusEvent] = field(default_factory=list)

    def announce(self, events: Sequence[BusEvent]) -> int:
        self.told += events if self.takes else []
        return 0 if self.takes else len(events)


def wired(
    bus: FakeBus, alerts: Alerts, *, endpoint: FakeEndpoint | None = None, log: Faults | None = None
) -> Enrichment:
    table = FakeTable()
    scorer = Scorer(endpoint=endpoint or Banded(), call_s=1, deadline_s=1, sleep=lambda _: None)
    return Enrichment(
        features=FeatureSet(FRAUD),
        reader=table,
        writer=table,
        log=FakeLog(log or Faults()),
        quarantine=FakeStore(),
        scorer=scorer,
        alerts=Announcer(FRAUD, alerts, bus=bus, stage="dev", clock=lambda: START + 0.5),
    )


BLOCKED = Alerts(decisions=("BLOCK",))
RECORDS = [record(number, event(number, amount=amount)) for number, amount in enumerate((5.0, 500.0, 7.0, 900.0))]


def test_decisions_that_the_use_case_names_are_alerts_and_others_are_told_nobody() -> None:
    bus = FakeBus()
    outcome = enrich(RECORDS, wired(bus, BLOCKED))
    assert [(type(it), it.event_id, it.decision) for it in bus.told] == [  # type: ignore[attr-defined]  # both have them
        (AlertRaised, "e000001", "BLOCK"),
        (AlertRaised, "e000003", "BLOCK"),
    ]
    assert (outcome.counts["Alerts"], outcome.counts["Unannounced"], outcome.failed_from) == (2, 0, None)


def test_of_sensors_the_most_unusual_hundredth_is_told() -> None:
    """Their score is the share of readings that are less unusual."""
    sensors = load("sensors")
    decisions = [decide(rank / 1_000, sensors.decision.bands) for rank in range(1_000)]
    assert sensors.alerts is not None
    assert sum(it in sensors.alerts.decisions for it in decisions) == 10


def test_an_alert_says_whose_event_it_was_and_which_model_decided() -> None:
    bus = FakeBus()
    function = wired(bus, BLOCKED)
    enrich(RECORDS, function)
    assert isinstance(function.log, FakeLog)
    detail = bus.told[0].to_detail()
    assert AlertRaised.from_detail(json.loads(json.dumps(detail))) == bus.told[0]
    assert detail == {
        "UseCase": "fraud",
        "Stage": "dev",
        "At": "2023-11-14T22:13:20Z",
        "EventId": "e000001",
        "HappenedAt": "2023-11-14T22:13:20Z",
        "Entities": ["customer#c1", "terminal#t1"],
        "Score": function.log.rows[1]["score"],
        "Decision": function.log.rows[1]["decision"],
        "ModelVersion": "7",
    }


def test_every_prediction_is_told_only_where_it_is_asked_for_and_alerts_come_first() -> None:
    bus = FakeBus()
    enrich(RECORDS, wired(bus, replace(BLOCKED, every_prediction=True)))
    assert [type(it) for it in bus.told] == [AlertRaised] * 2 + [PredictionMade] * 4


def test_without_a_score_there_is_no_alert() -> None:
    bus, endpoint = FakeBus(), FakeEndpoint([EndpointError("no_model", passing=False)])
    outcome = enrich(RECORDS, wired(bus, replace(BLOCKED, every_prediction=True), endpoint=endpoint))
    assert (bus.told, outcome.counts["Alerts"], outcome.failed_from) == ([], 0, None)


def test_a_bus_that_takes_nothing_costs_alerts_and_not_the_stream() -> None:
    function = wired(FakeBus(takes=False), BLOCKED)
    outcome = enrich(RECORDS, function)
    assert (outcome.failed_from, outcome.counts["Stored"], outcome.counts["Unannounced"]) == (None, 2, 2)


def test_what_is_not_logged_is_told_when_it_is() -> None:
    """The second row is refused: it and all after it are tried again, and told then."""
    bus = FakeBus()
    function = wired(bus, BLOCKED, log=Faults(["ok", "throttle"]))
    outcome = enrich(RECORDS, function)
    assert (bus.told, outcome.failed_from) == ([], RECORDS[1].mark)
    enrich(RECORDS[1:], function)
    assert [it.event_id for it in bus.told] == ["e000001", "e000003"]  # type: ignore[attr-defined]  # alerts


def test_a_batch_that_is_tried_again_after_its_state_was_stored_tells_nothing_twice() -> None:
    bus = FakeBus()
    function = wired(bus, BLOCKED)
    enrich(RECORDS, function)
    enrich(RECORDS, function)
    assert len(bus.told) == 2


def test_an_event_that_the_bus_cannot_carry_is_counted_and_the_others_are_told() -> None:
    bus = FakeBus()
    told = Announcer(FRAUD, BLOCKED, bus=bus, stage="x" * 5_000, clock=lambda: START)
    outcome = enrich(RECORDS, replace(wired(bus, BLOCKED), alerts=told))
    assert (outcome.failed_from, outcome.counts["Unannounced"], bus.told) == (None, 2, [])
