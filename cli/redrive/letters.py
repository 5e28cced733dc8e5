"""Dead letters of a stream's function: they name shard and sequence range, not the records."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cli.deployment import Deployment
from lambdas.shared.stream import MARK_DIGITS

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

QUEUES = ("EnrichmentDeadLetterUrl", "GroundTruthDeadLetterUrl")
HIDDEN_S = 900
"""How long a letter is hidden from others while it is worked on. One that is not settled shows again after it."""
_AT_ONCE = 10


@dataclass(frozen=True, kw_only=True)
class Letter:
    """A range of records that were given up.

    Attributes:
        queue: URL of the queue it lies in.
        receipt: what SQS wants to delete it.
        function: ARN of the function that gave up.
        stream: name of the stream.
        shard: the shard.
        first, last: sequence numbers, both included.
        records: how many there are in the range.
        arrived: when the first arrived, ISO 8601.
        condition: why they were given up.
    """

    queue: str
    receipt: str
    function: str
    stream: str
    shard: str
    first: str
    last: str
    records: int
    arrived: str
    condition: str

    def holds(self, sequence_number: str) -> bool:
        """Whether a record of its shard is in the range."""
        low, mark, high = (it.zfill(MARK_DIGITS) for it in (self.first, sequence_number, self.last))
        return low <= mark <= high


def letters(deployment: Deployment, *, hidden_s: int) -> Iterator[Letter]:
    """Every letter of the stream functions' queues, each once. What is no such letter stays where it is."""
    for output in QUEUES:
        if output not in deployment.outputs.get(deployment.stack_name("features"), {}):
            continue
        queue = deployment.output("features", output)
        for message in _messages(deployment.sqs, queue, hidden_s):
            letter = _letter(queue, message)
            if letter is not None:
                yield letter


def settle(deployment: Deployment, letter: Letter) -> None:
    """Take a letter away: everything that it tells of is done."""
    deployment.sqs.delete_message(QueueUrl=letter.queue, ReceiptHandle=letter.receipt)


def show_again(deployment: Deployment, letter: Letter) -> None:
    """Let a letter be seen at once."""
    deployment.sqs.change_message_visibility(QueueUrl=letter.queue, ReceiptHandle=letter.receipt, VisibilityTimeout=0)


def _messages(client: "SQSClient", queue: str, hidden_s: int) -> Iterator[Any]:
    seen: set[str] = set()
    while True:
        answer = client.receive_message(
            QueueUrl=queue, MaxNumberOfMessages=_AT_ONCE, VisibilityTimeout=hidden_s, WaitTimeSeconds=1
        )
        fresh = [it for it in answer.get("Messages", []) if it["MessageId"] not in seen]
        if not fresh:
            return
        seen |= {it["MessageId"] for it in fresh}
        yield from fresh


def _letter(queue: str, message: Any) -> Letter | None:
    try:
        document = json.loads(message["Body"])
        batch, about = document["KinesisBatchInfo"], document["requestContext"]
        return Letter(
            queue=queue,
            receipt=message["ReceiptHandle"],
            function=str(about["functionArn"]),
            stream=str(batch["streamArn"]).rpartition("/")[2],
            shard=str(batch["shardId"]),
            first=str(batch["startSequenceNumber"]),
            last=str(batch["endSequenceNumber"]),
            records=int(batch["batchSize"]),
            arrived=str(batch["approximateArrivalOfFirstRecord"]),
            condition=str(about["condition"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
