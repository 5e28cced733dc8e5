"""The functions' own clients with answers that a test gives, and the tokens of two updates."""

from collections.abc import Iterator
from typing import Any

from botocore.stub import Stubber

from lambdas.shared.clients import client

TOKEN, EARLIER = "deploy-2-after-1-" + "a" * 64, "deploy-1-after-0-" + "b" * 64


def stubbed(service: Any) -> Iterator[Stubber]:
    """The function's client of a service, with answers that a test gives."""
    with Stubber(client(service)) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()
