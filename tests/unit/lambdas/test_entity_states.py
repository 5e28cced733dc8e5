"""Window state for a request: of few entities by queries, of many by the hundred and within one time limit."""

import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from headrace.errors import RetryableError
from lambdas.inference.adapters import EntityStates
from lambdas.shared.window_state import EntityKey, Stored


class Reader:
    """Says how it was asked; reading many waits until it is told to go on."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.go_on = threading.Event()

    def query(self, keys: Iterable[EntityKey]) -> Stored:
        self.asked.append(("query", len(list(keys))))
        return {}

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        self.asked.append(("read", len(list(keys))))
        self.go_on.wait(5)
        return {}


@pytest.fixture
def executor() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def keys(count: int) -> list[EntityKey]:
    return [EntityKey("customer", str(number)) for number in range(count)]


def test_few_entities_are_queried_and_many_are_read_together(executor: ThreadPoolExecutor) -> None:
    reader = Reader()
    reader.go_on.set()
    states = EntityStates(reader, executor=executor, patience_s=5)  # type: ignore[arg-type]  # the part that is used
    states.read(iter(keys(2)))
    states.read(iter(keys(9)))
    assert reader.asked == [("query", 2), ("read", 9)]


def test_a_reading_of_many_that_takes_too_long_is_given_up(executor: ThreadPoolExecutor) -> None:
    reader = Reader()
    states = EntityStates(reader, executor=executor, patience_s=0.01)  # type: ignore[arg-type]  # the part that is used
    for _ in range(2):  # the second waits behind the first, and no longer
        with pytest.raises(RetryableError, match="takes too long"):
            states.read(keys(9))
    reader.go_on.set()
