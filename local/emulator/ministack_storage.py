"""S3, SQS and SNS of ministack, called in process."""

import uuid

from local.emulator.ministack_core import module, on_loop, scope


class StorageError(Exception):
    """The service refused."""


def put_object(bucket: str, key: str, body: bytes, content_type: str) -> None:
    """See ``storage.put_object``."""
    headers = {"content-type": content_type, "content-length": str(len(body)), "host": "s3.localhost"}
    with scope():
        request = module("services.s3").handle_request("PUT", f"/{bucket}/{key}", headers, body, {}, internal=True)
        status, _headers, answer = on_loop(request)
    if status != 200:  # noqa: PLR2004  HTTP OK
        raise StorageError(f"PutObject s3://{bucket}/{key}: {status} {_text(answer)}")


def get_object(bucket: str, key: str) -> bytes | None:
    """See ``storage.get_object``."""
    with scope():
        request = module("services.s3").handle_request(
            "GET", f"/{bucket}/{key}", {"host": "s3.localhost"}, b"", {}, internal=True
        )
        status, _headers, answer = on_loop(request)
    return bytes(answer) if status == 200 else None  # noqa: PLR2004  HTTP OK


def send_message(queue_arn: str, body: str) -> None:
    """See ``storage.send_message``."""
    sqs = module("services.sqs")
    with scope():
        if sqs._queue_by_arn(queue_arn) is None:
            raise StorageError(f"SendMessage: the queue {queue_arn} does not exist")
        url = sqs._queue_url(queue_arn.rpartition(":")[2])
        try:
            sqs._act_send_message({"QueueUrl": url, "MessageBody": body}, url)
        except sqs._Err as exc:
            raise StorageError(f"SendMessage {queue_arn}: {exc.message}") from exc
    module("core.concurrency").esm_wake.set()


def publish(topic_arn: str, message: str, subject: str) -> None:
    """See ``storage.publish``."""
    sns = module("services.sns")
    with scope():
        if topic_arn not in sns._topics:
            raise StorageError(f"Publish: the topic {topic_arn} does not exist")
        sns._fanout(topic_arn, str(uuid.uuid4()), message, subject)


def _text(answer: object) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else str(answer)
