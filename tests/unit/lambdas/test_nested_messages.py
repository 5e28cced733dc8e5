"""Queue messages that are nested deeper than anybody reads are refused in words, like any other that is none."""

import pytest

from headrace.errors import RejectedError
from lambdas.deployment.messages import read as read_rollout
from lambdas.drift_response.messages import read as read_signal
from lambdas.label_inbox.settings import FOLDERS

DEEP = "[" * 100_000


def test_a_message_nested_for_ever_is_refused_by_every_queue() -> None:
    with pytest.raises(RejectedError):
        read_rollout(DEEP, group="g", stack_name="s")
    with pytest.raises(RejectedError):
        read_signal(DEEP, endpoint="e", usecase="fraud", stage="dev")
    with pytest.raises(RejectedError):
        FOLDERS.read_message(DEEP)
