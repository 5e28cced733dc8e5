"""Objects and messages from inside the process. Notifications fire as for any other writer."""

from local.emulator import ministack_storage

StorageError = ministack_storage.StorageError


def put_object(bucket: str, key: str, body: bytes, *, content_type: str = "application/octet-stream") -> None:
    """Write an object. Blocks: never call it on the serving loop.

    Raises:
        StorageError: S3 refused; the message is its answer.
    """
    ministack_storage.put_object(bucket, key, body, content_type)


def get_object(bucket: str, key: str) -> bytes | None:
    """Read an object, or None when it does not exist. Blocks."""
    return ministack_storage.get_object(bucket, key)


def send_message(queue_arn: str, body: str) -> None:
    """Send a message to a standard queue.

    Raises:
        StorageError: there is no such queue, or it refused the message.
    """
    ministack_storage.send_message(queue_arn, body)


def publish(topic_arn: str, message: str, subject: str) -> None:
    """Publish a notification to a topic.

    Raises:
        StorageError: there is no such topic.
    """
    ministack_storage.publish(topic_arn, message, subject)
