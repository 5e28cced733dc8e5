"""Dead letters worked off: their records through their function once more, then the touched state from the lake.

The function is given the records as the stream had them, with their own sequence numbers. So what an item of state has
behind its mark is not folded again, and what is ahead of every mark is folded, logged and filed as if it came for the
first time. What lies below a mark is in the lake only, and the rebuild folds it from there. Both may be done twice,
so a redrive that was stopped is simply run again: a letter goes when all of its records are done.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from cli.deployment import Deployment
from cli.plan import Report
from cli.rebuild.terms import Scope
from cli.rebuild.writing import rebuild
from cli.redrive.letters import HIDDEN_S, Letter, letters, settle, show_again
from cli.redrive.records import from_lake, from_stream
from cli.redrive.terms import Redriven
from headrace.errors import RejectedError
from headrace.json_object import read_object
from headrace.usecase import UseCase
from lambdas.shared.stream import Record

_AT_ONCE = 100
_ROUNDS = 3
"""How often a part of a batch that the function hands back is given to it again."""


def redrive_letters(deployment: Deployment, report: Report, *, dry_run: bool) -> Redriven:
    """Work off every dead letter of the stream functions.

    Args:
        deployment: the platform; its functions may be at work.
        report: called while it works.
        dry_run: only look; every letter shows again at once.

    Returns:
        Counts.

    Raises:
        LakeError: if an object of the lake cannot be read.
        RetryableError: if the state table keeps refusing.
    """
    counts: Counter[str] = Counter()
    touched: set[str] = set()
    open_letters: list[Letter] = []
    for letter in list(letters(deployment, hidden_s=HIDDEN_S)):
        report(counts["settled"], 0, f"{letter.shard}: {letter.records} records, {letter.condition}")
        counts["found"] += 1
        records = _records(deployment, letter, counts)
        if dry_run:
            show_again(deployment, letter)
            continue
        failed = _send(deployment, letter, records)
        counts["sent"] += len(records) - failed
        counts["failed"] += failed
        touched |= _keys(deployment.usecase, records)
        if failed or len(records) < letter.records:
            show_again(deployment, letter)
        else:
            open_letters.append(letter)
    if touched:
        made = rebuild(deployment, Scope(keys=frozenset(touched)), report)
        counts["rebuilt"] = made.rebuilt + made.created
    for letter in open_letters:  # only now: the rebuild may have been stopped
        settle(deployment, letter)
        counts["settled"] += 1
    return Redriven(source="dlq", dry_run=dry_run, **counts)


def _records(deployment: Deployment, letter: Letter, counts: Counter[str]) -> list[Record]:
    found = {it.sequence_number: it for it in from_stream(deployment, letter)}
    if len(found) < letter.records:
        rows = [it for it in from_lake(deployment, letter) if it.sequence_number not in found]
        counts["from_lake"] += len(rows)
        found |= {it.sequence_number: it for it in rows}
    counts["records"] += letter.records
    counts["lost"] += max(0, letter.records - len(found))
    return [found[number] for number in sorted(found, key=int)]


def _send(deployment: Deployment, letter: Letter, records: Sequence[Record]) -> int:
    """Give records to the letter's function in their order. Returns how many it refused."""
    failed, parts = 0, [(records[at : at + _AT_ONCE], 0) for at in range(0, len(records), _AT_ONCE)]
    while parts:
        part, tries = parts.pop(0)
        if not part:
            continue
        done = _invoke(deployment, letter, part)
        rest = part[done:]
        if rest and not done and len(rest) > 1:
            middle = len(rest) // 2
            parts = [(rest[:middle], tries), (rest[middle:], tries), *parts]
        elif rest and (done or tries < _ROUNDS):
            parts = [(rest, 0 if done else tries + 1), *parts]
        else:
            failed += len(rest)
    return failed


def _invoke(deployment: Deployment, letter: Letter, records: Sequence[Record]) -> int:
    """One invocation. Returns how many of the first records are done."""
    event = {"Records": [_event_record(letter, it) for it in records]}
    answer = deployment.functions.invoke(FunctionName=letter.function, Payload=json.dumps(event).encode())
    payload: Any = json.loads(answer["Payload"].read() or b"null")
    if answer.get("FunctionError"):
        return 0
    failures = [it["itemIdentifier"] for it in (payload or {}).get("batchItemFailures", [])]
    numbers = [it.sequence_number for it in records]
    return min((numbers.index(it) if it in numbers else 0 for it in failures), default=len(records))


def _event_record(letter: Letter, record: Record) -> dict[str, Any]:
    return {
        "eventSource": "aws:kinesis",
        "eventName": "aws:kinesis:record",
        "eventID": f"{record.shard_id}:{record.sequence_number}",
        "kinesis": {
            "partitionKey": letter.shard,
            "sequenceNumber": record.sequence_number,
            "approximateArrivalTimestamp": record.arrived_at,
            "data": base64.b64encode(record.data).decode(),
        },
    }


def _keys(usecase: UseCase, records: Sequence[Record]) -> set[str]:
    """The keys of every entity in the records. One that cannot be read has touched nothing."""
    return {key for record in records for key in _keys_of(usecase, record)}


def _keys_of(usecase: UseCase, record: Record) -> Iterator[str]:
    try:
        given = read_object(record.data, max_bytes=usecase.event.max_bytes)
    except RejectedError:
        return
    for entity in usecase.entities:
        if isinstance(key := given.get(entity.key), str | int):
            yield str(key)
