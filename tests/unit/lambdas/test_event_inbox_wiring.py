"""The event inbox on its real adapters: notes by condition, ranges of large files, metrics and logs out."""

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from event_inbox_world import KEY, event, event_world, parquet_events
from inbox_fakes import created
from lambda_fakes import Faults

from headrace.errors import RetryableError
from lambdas.event_inbox import handler as event_inbox
from lambdas.event_inbox import ranged_file
from lambdas.event_inbox.notes import FileNote
from lambdas.shared.failures import DependencyError
from lambdas.shared.files import messages
from lambdas.shared.files.inbox import take
from lambdas.shared.files.places import Place
from lambdas.shared.files.ports import PartlyTakenError
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.files.stream import RecordStream

PLACE = Place(key=KEY + ".csv", version="v1", modified=5)
NOTE = f"notes/{PLACE.digest}.json"


@pytest.fixture
def s3() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("s3")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


def told(line: int, records: int) -> dict[str, object]:
    place = {"key": PLACE.key, "version": "v1", "modified": 5, "line": line, "sent": line, "repeated": 1}
    body = json.dumps({"place": place, "records": records}).encode()
    return {"Body": StreamingBody(io.BytesIO(body), len(body)), "ETag": '"one"'}


def test_the_first_note_is_written_only_where_there_is_none_and_the_next_only_over_ones_own(s3: Any) -> None:
    client, stubber = s3
    stubber.add_client_error("get_object", "NoSuchKey", http_status_code=404)
    wished = {"Bucket": "lake", "Key": NOTE, "Body": ANY}
    stubber.add_response("put_object", {"ETag": '"one"'}, {**wished, "IfNoneMatch": "*"})
    stubber.add_response("put_object", {"ETag": '"two"'}, {**wished, "IfMatch": '"one"'})
    stubber.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
    note = FileNote(client, "lake", "notes/", PLACE)
    assert note.place == PLACE
    note.begin(PLACE, 500)
    note.begin(PLACE, 0)
    with pytest.raises(RetryableError, match="is being read by another invocation"):
        note.begin(PLACE, 500)


@pytest.mark.parametrize(("line", "expected"), [(7, (7, 41)), (2, (3, 0))])
def test_whichever_is_further_says_where_to_go_on(s3: Any, line: int, expected: tuple[int, int]) -> None:
    client, stubber = s3
    stubber.add_response("get_object", told(line, 40))
    message = Place(key=PLACE.key, version="v1", line=3)
    place = FileNote(client, "lake", "notes/", message).place
    assert (place.line, place.repeated) == expected


def test_a_note_that_cannot_be_read_or_written_is_an_error(s3: Any) -> None:
    client, stubber = s3
    stubber.add_client_error("get_object", "AccessDenied", http_status_code=403)
    with pytest.raises(DependencyError, match="reading how far a file is"):
        FileNote(client, "lake", "notes/", PLACE)
    stubber.add_client_error("get_object", "NoSuchKey", http_status_code=404)
    stubber.add_client_error("put_object", "SlowDown", http_status_code=503)
    with pytest.raises(RetryableError, match="noting how far a file is"):
        FileNote(client, "lake", "notes/", PLACE).begin(PLACE, 1)


def test_only_what_kinesis_turned_away_is_sent_again_and_what_it_may_have_is_counted() -> None:
    client = boto3.client("kinesis")
    full = {"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "m"}
    fine = {"SequenceNumber": "1", "ShardId": "s"}
    one, late = Outgoing(b"1", "a"), Outgoing(b"3", "a")
    with Stubber(client) as stubber:
        stubber.add_client_error("put_records", "InternalFailure", http_status_code=500)
        stubber.add_response("put_records", {"Records": [full, fine]})
        wished = {"StreamName": "events", "Records": [{"Data": b"1", "PartitionKey": "a"}]}
        stubber.add_response("put_records", {"Records": [fine]}, wished)
        stream = RecordStream(client, "events", rows="events", ordered=False, sleep=lambda _: None)
        assert stream.put([one, late]) == 2
        stubber.assert_no_pending_responses()
        for _ in range(7):
            stubber.add_response("put_records", {"Records": [fine, full] if not _ else [full]})
        with pytest.raises(PartlyTakenError) as caught:
            stream.put([one, late])
        assert caught.value.taken == 1


def test_of_a_large_file_only_ranges_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranged_file, "HELD_BYTES", 1_000)
    its, rows = event_world(), [event(number) for number in range(900)]
    data = parquet_events(rows, row_group_size=300)
    its.work(its.put(KEY + ".parquet", data))
    assert [json.loads(it.data) for it in its.stream.records] == rows
    assert len(its.bucket.opened) > 3
    its = event_world()
    body = its.put(KEY + ".parquet", data)
    reading = its.bucket.open

    def failing(place: Place, *, offset: int, length: int | None = None) -> Any:
        if offset:
            raise RetryableError("slow down")
        return reading(place, offset=offset, length=length)

    monkeypatch.setattr(its.bucket, "open", failing)
    monkeypatch.setattr(its.queue, "send", lambda *_, **__: None)

    assert take(body, its.function, deadline=1e9).result == "waiting"


def test_the_handler_keeps_in_the_queue_what_has_to_wait_and_counts_what_is_done(
    aws_event: Callable[[str], Any],
    environment: None,
    lambda_context: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    its = event_world(faults=Faults(["throttle"]))
    monkeypatch.setattr(event_inbox.adapters, "connect", lambda: its.function)
    its.function.reading.__dict__["clock"] = its.clock
    lambda_context.get_remaining_time_in_millis = lambda: 300_000
    its.put(KEY + ".parquet", parquet_events([event(1), event(2, amount=-1.0)]))
    sample = aws_event("sqs.json")
    for record in sample["Records"]:
        record["body"] = created(KEY + ".parquet")
    answer = event_inbox.handler(sample, lambda_context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": sample["Records"][0]["messageId"]}]}
    (line,) = [found for it in capsys.readouterr().out.splitlines() if "_aws" in (found := json.loads(it))]
    assert (line["service"], sum(line["Sent"]), sum(line["Quarantined"])) == ("event_inbox", 1.0, 1.0)


def test_the_function_is_wired_and_each_call_to_the_stream_is_tried_once(environment: None) -> None:
    function = event_inbox.adapters.connect()
    assert function.reading.slice_s < 300 - messages.RESERVE_S
    assert function.receipts is function.reading.inbox
    assert isinstance(function.reading.sink, RecordStream)
    assert function.reading.sink._client.meta.config.retries["total_max_attempts"] == 1
