"""The label inbox on its real adapters: AWS's documented event in, AWS's answers and refusals, metrics and logs out."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from inbox_fakes import GIVEN, World, cells, created, csv_file, world
from lambda_fakes import Faults

from headrace.errors import RetryableError
from lambdas.label_inbox import handler as label_inbox
from lambdas.shared.failures import DependencyError
from lambdas.shared.files import messages
from lambdas.shared.files.objects import InboxFiles, InboxQueue
from lambdas.shared.files.places import Place
from lambdas.shared.files.ports import GoneError
from lambdas.shared.files.rows import Outgoing
from lambdas.shared.files.stream import RecordStream

KEY = "labels-inbox/a.csv"
Event = Callable[[str], Any]
MODIFIED = datetime.fromtimestamp(GIVEN, UTC)


def stubbed(service: str) -> tuple[Any, Stubber]:
    client = boto3.client(service)  # type: ignore[call-overload]  # by a name that the test gives
    stubber = Stubber(client)
    stubber.activate()
    return client, stubber


def body(data: bytes) -> StreamingBody:
    return StreamingBody(io.BytesIO(data), len(data))


def test_a_file_is_read_in_the_version_of_its_event_from_where_it_was_left() -> None:
    client, stubber = stubbed("s3")
    wished = {"Bucket": "lake", "Key": KEY, "VersionId": "v1", "Range": "bytes=4-"}
    stubber.add_response("get_object", {"Body": body(b"rest"), "LastModified": MODIFIED}, wished)
    opened = InboxFiles(client, "lake", rows="labels").open(Place(key=KEY, version="v1"), offset=4)
    assert (opened.modified, b"".join(opened.chunks)) == (GIVEN, b"rest")


def test_without_version_and_offset_the_whole_of_the_newest_is_read() -> None:
    client, stubber = stubbed("s3")
    stubber.add_response("get_object", {"Body": body(b"all"), "LastModified": MODIFIED}, {"Bucket": "lake", "Key": KEY})
    assert b"".join(InboxFiles(client, "lake", rows="labels").open(Place(key=KEY), offset=0).chunks) == b"all"


def test_where_the_file_ended_nothing_is_left() -> None:
    client, stubber = stubbed("s3")
    stubber.add_client_error("get_object", "InvalidRange", http_status_code=416)
    opened = InboxFiles(client, "lake", rows="labels").open(Place(key=KEY, modified=7), offset=99)
    assert (opened.modified, list(opened.chunks)) == (7, [])


@pytest.mark.parametrize(
    ("code", "status", "error"),
    [
        ("NoSuchKey", 404, GoneError),
        ("NoSuchVersion", 404, GoneError),
        ("AccessDenied", 403, DependencyError),
        ("SlowDown", 503, RetryableError),
    ],
)
def test_what_s3_refuses_is_named(code: str, status: int, error: type[Exception]) -> None:
    client, stubber = stubbed("s3")
    stubber.add_client_error("get_object", code, http_status_code=status)
    with pytest.raises(error):
        InboxFiles(client, "lake", rows="labels").open(Place(key=KEY), offset=0)


def test_a_file_that_stops_in_the_middle_is_tried_again() -> None:
    class Broken(io.BytesIO):
        def read(self, amount: int | None = None) -> bytes:
            raise ReadTimeoutError(endpoint_url="s3")

    client, stubber = stubbed("s3")
    answer = {"Body": StreamingBody(Broken(), 4), "LastModified": MODIFIED}
    stubber.add_response("get_object", answer)
    with pytest.raises(RetryableError, match="reading a file of labels"):
        list(InboxFiles(client, "lake", rows="labels").open(Place(key=KEY), offset=0).chunks)


@pytest.mark.parametrize(("found", "held"), [([], False), (["receipt.json"], True), (["receipt.json.more"], False)])
def test_a_receipt_is_one_of_exactly_that_name(found: list[str], held: bool) -> None:
    client, stubber = stubbed("s3")
    stubber.add_response("list_objects_v2", {"Contents": [{"Key": key} for key in found]})
    assert InboxFiles(client, "lake", rows="labels").holds("receipt.json") is held


def test_receipts_that_cannot_be_looked_for_are_an_error_and_not_absent() -> None:
    client, stubber = stubbed("s3")
    stubber.add_client_error("list_objects_v2", "AccessDenied", http_status_code=403)
    with pytest.raises(DependencyError, match="looking for a receipt"):
        InboxFiles(client, "lake", rows="labels").holds("receipt.json")


def results(*codes: str) -> dict[str, object]:
    """Kinesis's answer: an error code or a sequence number per record."""
    records = [
        {"ErrorCode": it, "ErrorMessage": "m"} if it else {"SequenceNumber": "1", "ShardId": "s"} for it in codes
    ]
    return {"Records": records}


def wished(*records: Outgoing) -> dict[str, object]:
    return {"StreamName": "labels", "Records": [{"Data": it.data, "PartitionKey": it.key} for it in records]}


def test_turned_away_records_go_again_with_the_later_ones_of_their_key() -> None:
    client, stubber = stubbed("kinesis")
    one, other, late = Outgoing(b"1", "a"), Outgoing(b"2", "b"), Outgoing(b"3", "a")
    full = "ProvisionedThroughputExceededException"
    stubber.add_response("put_records", results(full, "", ""), wished(one, other, late))
    stubber.add_response("put_records", results("", ""), wished(one, late))
    pauses: list[float] = []
    RecordStream(client, "labels", rows="labels", ordered=True, sleep=pauses.append).put([one, other, late])
    stubber.assert_no_pending_responses()
    assert len(pauses) == 1


def test_a_stream_that_stays_full_is_left_to_a_later_try_after_growing_pauses() -> None:
    client, stubber = stubbed("kinesis")
    for _ in range(7):
        stubber.add_client_error("put_records", "ProvisionedThroughputExceededException", http_status_code=400)
    pauses: list[float] = []
    with pytest.raises(RetryableError, match="add shards"):
        RecordStream(client, "labels", rows="labels", ordered=True, sleep=pauses.append).put([Outgoing(b"1", "a")])
    assert len(pauses) == 6
    assert pauses[-1] > 3 * pauses[0]


def test_a_stream_that_refuses_for_good_is_an_error() -> None:
    client, stubber = stubbed("kinesis")
    stubber.add_client_error("put_records", "AccessDeniedException", http_status_code=400)
    with pytest.raises(DependencyError, match="putting labels on the stream"):
        RecordStream(client, "labels", rows="labels", ordered=True).put([Outgoing(b"1", "a")])


def test_the_rest_goes_back_into_the_queue_and_a_refusal_is_named() -> None:
    client, stubber = stubbed("sqs")
    stubber.add_response("send_message", {}, {"QueueUrl": "q", "MessageBody": ANY, "DelaySeconds": 30})
    InboxQueue(client, "q").send("b", delay_s=30)
    stubber.add_client_error("send_message", "AccessDenied", http_status_code=403)
    with pytest.raises(DependencyError, match="sending on the rest"):
        InboxQueue(client, "q").send("b", delay_s=0)


@pytest.fixture
def its(monkeypatch: pytest.MonkeyPatch, environment: None) -> World:
    """A wired function behind the handler."""
    made = world(faults=Faults(["throttle"]))
    monkeypatch.setattr(label_inbox.adapters, "connect", lambda: made.function)
    return made


@pytest.fixture
def timed(lambda_context: Any) -> object:
    """A context that knows the time that is left."""
    lambda_context.get_remaining_time_in_millis = lambda: 300_000
    return lambda_context


def test_the_handler_keeps_in_the_queue_what_has_to_wait_and_counts_what_is_done(
    aws_event: Event, its: World, timed: object, capsys: pytest.CaptureFixture[str]
) -> None:
    its.function.reading.__dict__["clock"] = its.clock
    its.put(KEY, csv_file(cells(1), "wrong"))
    sample = aws_event("sqs.json")
    for record in sample["Records"]:
        record["body"] = created(KEY)
    answer = label_inbox.handler(sample, timed)  # type: ignore[arg-type]  # a context as far as it is read
    assert answer == {"batchItemFailures": [{"itemIdentifier": sample["Records"][0]["messageId"]}]}
    (line,) = [found for it in capsys.readouterr().out.splitlines() if "_aws" in (found := json.loads(it))]
    assert (line["service"], line["UseCase"], line["Stage"]) == ("label_inbox", "fraud", "dev")
    assert (sum(line["Sent"]), sum(line["Quarantined"])) == (1.0, 1.0)
    assert (line["FileWaiting"], line["FileFinished"]) == ([1.0], [1.0])


def test_the_function_is_wired_to_its_bucket_stream_and_queue(environment: None) -> None:
    function = label_inbox.adapters.connect()
    assert function.reading.usecase.name == "fraud"
    assert function.reading.slice_s < 300 - messages.RESERVE_S
    assert function.receipts is function.reading.inbox
