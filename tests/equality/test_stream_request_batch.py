"""Stream, request and batch give one answer, for any use case and history, any batching, duplication and crash."""

from collections import defaultdict

import pytest
from agreement import Agreement
from history_cases import History, Row, histories
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loop_paths import Loop, Schedule, batch_vectors, runs
from usecase_cases import use_cases

from headrace.features import FeatureSet
from headrace.usecase import UseCase, WindowFeature
from headrace.window_functions import recency, sketches
from headrace.windows import aggregates
from headrace.windows_columnar import distinct

EXACT = 2
GAP_S = 60
"""No resolution here is coarser."""
SCHEDULES = st.builds(
    Schedule,
    batch=st.integers(1, 4),
    faults=st.lists(st.sampled_from(["ok", "ok", "ok", "before", "after", "throttle", "lose"]), max_size=40),
    splits=st.lists(st.booleans(), max_size=5),
)


@pytest.fixture(autouse=True)
def few_distinct_values_are_exact_and_sessions_end_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few, and so soon, that small histories reach the estimate and have several sessions."""
    monkeypatch.setattr(sketches, "K", EXACT)
    monkeypatch.setattr(recency, "SESSION_GAP_S", GAP_S)
    monkeypatch.setattr(distinct, "K", EXACT)
    monkeypatch.setattr(aggregates, "KEPT", EXACT + 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(use_cases(), histories(maximum=14), SCHEDULES, st.integers(1, 4), st.sampled_from([2, 3, 16]))
def test_an_event_scored_before_while_and_after_it_is_streamed_has_the_vector_of_the_training_set(
    usecase: UseCase, history: History, schedule: Schedule, longest: int, newest: int
) -> None:
    expected, agreement = batch_vectors(usecase, history), Agreement(usecase, history)
    loop = Loop(usecase, schedule, newest=newest)
    copied = set() if usecase.event.drop_duplicates else {it.row["event_id"] for it in history.arrivals if it.copy}

    def ask(row: Row) -> None:
        if row["event_id"] not in copied:
            agreement.check(loop.ask(row), expected[row["event_id"]])

    for run in runs(history.arrivals, longest):
        if run[0].is_label:
            loop.feed(run)
            continue
        ask(run[0].row)
        if len(run) == 1:
            loop.writer.between = lambda row=run[0].row: ask(row)
        loop.feed(run)
        loop.writer.between = lambda: None
        agreement.check(loop.ask(run[-1].row), expected[run[-1].row["event_id"]], _after(usecase, run, copied))
    for arrival, vector in loop.logged():
        if arrival.copy or arrival.row["event_id"] not in copied:
            agreement.check(vector, expected[arrival.row["event_id"]])


def _after(usecase, run, copied):
    """A copy may still come: then there is nothing to compare yet."""
    return () if run[-1].row["event_id"] in copied and not run[-1].copy else None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(use_cases(), histories(maximum=14), SCHEDULES, st.sampled_from([3, 16]), st.randoms(use_true_random=False))
def test_when_everything_has_come_in_any_order_requests_have_the_vectors_of_the_training_set(
    usecase: UseCase, history: History, schedule: Schedule, newest: int, random
) -> None:
    expected, agreement = batch_vectors(usecase, history), Agreement(usecase, history)
    newest = 16 if usecase.event.drop_duplicates else newest  # a copy is told by an id that is still remembered
    loop = Loop(usecase, schedule, newest=newest)
    shuffled = list(history.arrivals)
    random.shuffle(shuffled)
    for run in runs(shuffled, len(shuffled)):
        loop.feed(run)
    exact = Exactness(loop.features, history, newest)
    for row in {row["event_id"]: row for row in history.events}.values():
        names = [it.name for it in usecase.window_features if exact.of(it, row)]
        agreement.check(loop.ask(row), expected[row["event_id"]], names)


class Exactness:
    """Where the bounds that keep a state small leave a feature exact, once everything has come."""

    def __init__(self, features: FeatureSet, history: History, newest: int) -> None:
        self._features = features
        self._usecase = features.usecase
        self._events: dict[tuple[str, object], dict[int, list[tuple[int, str]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        self._labels: dict[tuple[str, object], list[Row]] = defaultdict(list)
        dropped = self._usecase.event.drop_duplicates
        for it in history.arrivals:
            for entity in self._usecase.entities:
                place = (entity.name, it.row[entity.key])
                if it.is_label:
                    self._labels[place].append(it.row)
                elif not (it.copy and dropped):
                    self._events[place][it.shard].append((it.row["timestamp"], it.row["event_id"]))
        self._newest = newest

    def of(self, feature: WindowFeature, row: Row) -> bool:
        """Whether a feature is exact at an event."""
        place = (feature.entity, row[self._usecase.entity(feature.entity).key])
        layout = self._features.layout(feature.entity, feature.source)
        if feature.source == "labels":
            labels = self._labels[place]
            of = [it["event_id"] for it in labels]
            settled = max((it["labelled_at"] for it in labels if of.count(it["event_id"]) > 1), default=0)
            slack = layout.retention_s - feature.length_s - feature.delay_s
            newest = max((it["timestamp"] for it in labels), default=0)
            return row["timestamp"] >= max(settled, newest - slack)
        return all(self._ordered(feature, row, events) for events in self._events[place].values())

    def _ordered(self, feature: WindowFeature, row: Row, events: list[tuple[int, str]]) -> bool:
        """Whether a shard tells what comes before the point, and still has what its window reaches."""
        events = sorted(events)
        body, tail = events[: -self._newest], events[-self._newest :]
        layout = self._features.layout(feature.entity, "events")
        track = next(it for it in layout.tracks if it.resolution_s == feature.resolution_s)
        kept = row["timestamp"] >= tail[-1][0] - track.retention_s + feature.length_s + feature.delay_s
        point = (row["timestamp"], row["event_id"])
        bucket = row["timestamp"] // track.resolution_s
        apart = all(time // track.resolution_s != bucket for time, _ in body)
        told = bool(feature.delay_s) or apart or (point >= tail[0] and point > body[-1])
        return not body or (kept and told)
