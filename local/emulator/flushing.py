"""Who buffers: callbacks of other rooms that ``POST /_headrace/flush`` runs."""

from collections.abc import Callable

_callbacks: list[Callable[[], None]] = []


def register(callback: Callable[[], None]) -> None:
    """Call ``callback`` whenever everything buffered is to be written; it returns when it is."""
    _callbacks.append(callback)


def run() -> None:
    """Run every callback."""
    for callback in _callbacks:
        callback()
