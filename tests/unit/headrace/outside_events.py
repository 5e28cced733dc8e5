"""An event that is accepted, and the rejection of changed ones."""

import pytest
from window_cases import USECASE

from headrace.errors import RejectedError
from headrace.schema import (
    parse_event,
)

EVENT = {
    "event_id": "e1",
    "timestamp": "2018-08-01T10:00:00Z",
    "customer_id": "c1",
    "shop_id": "s1",
    "amount": 12,
    "tip": 1.5,
    "online": True,
}


def refused(data: bytes) -> RejectedError:
    with pytest.raises(RejectedError) as caught:
        parse_event(USECASE, data)
    return caught.value
