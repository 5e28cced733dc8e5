"""Our events, put on EventBridge's default bus."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from headrace.errors import RetryableError
from headrace.events import BusEvent
from lambdas.shared.failures import translate

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient


class EventBus:
    """The account's default bus."""

    def __init__(self, client: "EventBridgeClient") -> None:
        self._client = client

    def publish(self, event: BusEvent) -> None:
        """Put one event.

        Raises:
            RetryableError: if EventBridge throttles, cannot be reached or does not take it now.
            DependencyError: if it refuses.
        """
        try:
            answer = self._client.put_events(Entries=[event.to_entry()])  # type: ignore[list-item]  # a TypedDict's shape
        except (ClientError, BotoCoreError) as exc:
            raise translate(exc, doing=f"publishing {event.detail_type}") from exc
        if answer["FailedEntryCount"]:
            raise RetryableError(f"publishing {event.detail_type}: {answer['Entries'][0].get('ErrorCode')}")
