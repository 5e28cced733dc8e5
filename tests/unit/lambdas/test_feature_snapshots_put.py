"""Snapshots into the Feature Store: by name, as text, a few at a time; throttled ones again, and nothing lost."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError
from botocore.stub import Stubber
from shard_records import START

from lambdas.enrichment.feature_store import FeatureStore
from lambdas.enrichment.folding import Snapshot
from lambdas.shared.clients import PACED, client
from lambdas.shared.failures import DependencyError
from lambdas.shared.window_state import EntityKey
from usecases import load

GROUPS = {"customer": "customers", "terminal": "terminals"}


def snapshot(number: int = 1, *, entity: str = "customer") -> Snapshot:
    return Snapshot(EntityKey(entity, f"{entity[0]}{number}"), START, {"mean": 12.5, "count": 3.0}, str(number))


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as made:
        yield made


@pytest.fixture
def stub() -> Iterator[Stubber]:
    with Stubber(client("sagemaker-featurestore-runtime", PACED)) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def store(made: Any, executor: ThreadPoolExecutor, pauses: list[float]) -> FeatureStore:
    return FeatureStore(made, GROUPS, usecase=load("fraud"), executor=executor, sleep=pauses.append)


def expected(group: str, key: str, name: str) -> dict[str, object]:
    texts = {name: key, "event_time": "2023-11-14T22:13:20Z", "mean": "12.5", "count": "3.0"}
    return {
        "FeatureGroupName": group,
        "Record": [{"FeatureName": feature, "ValueAsString": text} for feature, text in texts.items()],
    }


def test_a_record_has_its_key_its_time_and_its_values_as_text_by_name(
    stub: Stubber, executor: ThreadPoolExecutor
) -> None:
    stub.add_response("put_record", {}, expected("customers", "c1", "customer_id"))
    stub.add_response("put_record", {}, expected("terminals", "t2", "terminal_id"))
    assert store(stub.client, executor, []).put([snapshot(1), snapshot(2, entity="terminal")]) == set()


@pytest.mark.parametrize(("code", "status"), [("ThrottlingException", 400), ("ServiceUnavailable", 503)])
def test_a_throttled_record_is_put_again_with_growing_pauses(
    code: str, status: int, stub: Stubber, executor: ThreadPoolExecutor
) -> None:
    pauses: list[float] = []
    stub.add_client_error("put_record", code, http_status_code=status)
    stub.add_client_error("put_record", code, http_status_code=status)
    stub.add_response("put_record", {})
    assert store(stub.client, executor, pauses).put([snapshot()]) == set()
    assert len(pauses) == 2
    assert pauses[0] < pauses[1] * 2


def test_a_connection_that_was_dropped_while_idle_is_opened_again(executor: ThreadPoolExecutor) -> None:
    answers: list[Exception | None] = [ConnectionClosedError(endpoint_url="https://x"), None]

    class Dropped:
        """Answers the second call."""

        def put_record(self, **_: object) -> None:
            if (answer := answers.pop(0)) is not None:
                raise answer

    assert store(Dropped(), executor, []).put([snapshot()]) == set()


def test_once_one_is_given_up_the_store_is_left_alone_and_all_from_there_are_reported(
    stub: Stubber, executor: ThreadPoolExecutor
) -> None:
    stub.add_response("put_record", {})
    for _ in range(5):
        stub.add_client_error("put_record", "ThrottlingException", http_status_code=400)
    assert store(stub.client, executor, []).put([snapshot(number) for number in range(4)]) == {1, 2, 3}


@pytest.mark.parametrize(
    ("code", "status"), [("ResourceNotFound", 404), ("ValidationError", 400), ("AccessForbidden", 403)]
)
def test_a_record_that_is_refused_for_good_is_raised_and_not_tried_again(
    code: str, status: int, stub: Stubber, executor: ThreadPoolExecutor
) -> None:
    stub.add_client_error("put_record", code, http_status_code=status)
    with pytest.raises(DependencyError, match="putting snapshots"):
        store(stub.client, executor, []).put([snapshot()])


def test_no_more_records_are_in_flight_than_there_are_threads() -> None:
    lock, flying, most = threading.Lock(), 0, 0
    met = threading.Barrier(3, timeout=5)

    class Counting:
        """Counts what is in flight."""

        def put_record(self, **_: object) -> None:
            nonlocal flying, most
            with lock:
                flying += 1
                most = max(most, flying)
            met.wait()
            with lock:
                flying -= 1

    with ThreadPoolExecutor(3) as executor:
        assert store(Counting(), executor, []).put([snapshot(number) for number in range(9)]) == set()
    assert most == 3


def test_the_client_keeps_its_connections_and_leaves_retries_to_the_caller() -> None:
    config = client("sagemaker-featurestore-runtime", PACED).meta.config
    assert config.tcp_keepalive
    assert config.retries["total_max_attempts"] == 1
    assert client("sagemaker-featurestore-runtime", PACED) is client("sagemaker-featurestore-runtime", PACED)
