"""Unit tests reach nothing: no test below this folder can open a socket to another host."""

import pytest


@pytest.fixture(autouse=True)
def no_sockets(socket_disabled: None) -> None:
    """Whatever tries to connect fails with the name of who tried."""
