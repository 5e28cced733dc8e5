"""Keys of the reaction's table as the tasks of a state machine write them."""

from aws_cdk import aws_stepfunctions_tasks as tasks

from lambdas.drift_response.settings import CURRENT, ITEM, SUBJECT

Key = dict[str, tasks.DynamoAttributeValue]


def item_key(subject: str, item: tasks.DynamoAttributeValue) -> Key:
    """The key of one item."""
    return {SUBJECT: tasks.DynamoAttributeValue.from_string(subject), ITEM: item}


def current_key(subject: str) -> Key:
    """The key of the only item of a subject: the lock, or what is remembered."""
    return item_key(subject, tasks.DynamoAttributeValue.from_string(CURRENT))
