"""What the lake keeps of an event in rows that are not the event itself: its id, its time and its entities' keys."""

from collections.abc import Mapping

from headrace.masking import mask_event
from headrace.schema import format_timestamp
from headrace.usecase import UseCase


def identity(
    usecase: UseCase, *, event_id: str, timestamp: int, keys: Mapping[str, str], mask_key: bytes
) -> dict[str, object]:
    """The identifying columns, each as its field's privacy allows.

    Args:
        usecase: whose event it is.
        event_id: the event's id.
        timestamp: event time in seconds.
        keys: one key per entity name.
        mask_key: the secret of the keyed hash; may be empty if no entity's key is hashed.

    Raises:
        SettingsError: if a key is to be hashed and there is no secret.
    """
    shape = usecase.event
    masked = mask_event(usecase, {entity.key: keys[entity.name] for entity in usecase.entities}, mask_key)
    return {
        shape.id: event_id,
        shape.timestamp: format_timestamp(timestamp),
        **masked,
    }
