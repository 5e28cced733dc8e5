"""What a Kinesis event source mapping does with one batch until every record is processed or given up.

Rules: https://docs.aws.amazon.com/lambda/latest/dg/kinesis-reporting-failures.html and
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-errors.html. In short: a reported failure makes everything
from the lowest failed sequence number on fail; bisecting does not count as a retry; what is out of retries or too old
goes to the on-failure destination as one range.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from local.emulator.mapping_event import GivenUp
from local.emulator.ministack_kinesis import Record

_UNLIMITED = -1


@dataclass(frozen=True, kw_only=True)
class Policy:
    """The failure settings of a mapping; -1 is unlimited."""

    report_item_failures: bool = False
    bisect: bool = False
    retries: int = _UNLIMITED
    record_age_s: float = _UNLIMITED


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one invocation gave. ``error`` is '' on success, ``Throttled``, or the kind of function error."""

    payload: Any = None
    error: str = ""
    request_id: str = ""
    version: str = "$LATEST"


class Port(Protocol):
    """What a batch needs from outside."""

    def invoke(self, records: Sequence[Record]) -> Answer:
        """Invoke the function with the records."""

    def give_up(self, given_up: GivenUp) -> None:
        """Tell the on-failure destination, if there is one."""

    def done(self, record: Record) -> None:
        """Checkpoint: everything up to and including the record needs no more work."""

    def wait(self, attempt: int) -> bool:
        """Back off before the next attempt; false when the mapping stops and the batch must be left as it is."""

    def now(self) -> float:
        """Epoch seconds."""


@dataclass(frozen=True, kw_only=True)
class _Work:
    records: Sequence[Record]
    retries: int = 0
    invocations: int = 0


def process(records: Sequence[Record], policy: Policy, port: Port) -> None:
    """Work a batch off. Returns early only when ``port.wait`` says so."""
    stack = [_Work(records=records)]
    throttled = 0
    while stack:
        work = _young(stack.pop(), policy, port)
        if not work.records:
            continue
        answer = port.invoke(work.records)
        if answer.error == "Throttled":
            stack.append(work)
            throttled += 1
            if not port.wait(throttled):
                return
            continue
        failed = first_failure(answer, work.records, policy)
        if failed:
            port.done(work.records[failed - 1])
        if failed < len(work.records):
            again = _after_failure(work, failed, answer, policy, port)
            stack.extend(reversed(again))
            if again and not port.wait(again[0].retries):
                return


def first_failure(answer: Answer, records: Sequence[Record], policy: Policy) -> int:
    """The index of the first record that failed; ``len(records)`` when none did."""
    if answer.error:
        return 0
    if not policy.report_item_failures or not answer.payload:
        return len(records)
    failures = answer.payload.get("batchItemFailures") if isinstance(answer.payload, dict) else None
    if not failures:
        return len(records)
    index = {record.sequence_number: i for i, record in enumerate(records)}
    reported = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in failures]
    return min(index.get(str(sequence_number), 0) for sequence_number in reported)


def _young(work: _Work, policy: Policy, port: Port) -> _Work:
    """The work without the records that are too old to be tried; those are given up."""
    if policy.record_age_s == _UNLIMITED:
        return work
    oldest = port.now() - policy.record_age_s
    old = next((i for i, record in enumerate(work.records) if record.arrived_at >= oldest), len(work.records))
    if old:
        _give_up(work, work.records[:old], "RecordAgeExceeded", Answer(), port)
    return _Work(records=work.records[old:], retries=work.retries, invocations=work.invocations)


def _after_failure(work: _Work, failed: int, answer: Answer, policy: Policy, port: Port) -> list[_Work]:
    """What remains to be done, in order."""
    rest, invocations = work.records[failed:], work.invocations + 1
    if policy.bisect and failed:
        return [_Work(records=rest, retries=work.retries, invocations=invocations)]
    if policy.bisect and len(rest) > 1:
        halves = rest[: len(rest) // 2], rest[len(rest) // 2 :]
        return [_Work(records=half, retries=work.retries, invocations=invocations) for half in halves]
    if policy.retries != _UNLIMITED and work.retries >= policy.retries:
        counted = _Work(records=rest, retries=work.retries, invocations=invocations)
        _give_up(counted, rest, "RetryAttemptsExhausted", answer, port)
        return []
    return [_Work(records=rest, retries=work.retries + 1, invocations=invocations)]


def _give_up(work: _Work, records: Sequence[Record], condition: str, answer: Answer, port: Port) -> None:
    port.give_up(
        GivenUp(
            records=records,
            condition=condition,
            invocations=work.invocations,
            request_id=answer.request_id,
            function_error=answer.error,
            version=answer.version,
        )
    )
    port.done(records[-1])
