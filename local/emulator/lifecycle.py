"""What has to end when the emulator ends: child processes, threads, files."""

import logging
from collections.abc import Callable

_callbacks: list[Callable[[], None]] = []
_logger = logging.getLogger(__name__)


def on_stop(callback: Callable[[], None]) -> None:
    """Call ``callback`` once when the emulator stops; last registered runs first. It may take a few seconds."""
    _callbacks.append(callback)


def stop() -> None:
    """Run every callback once; a failing one is logged and does not keep the others from running."""
    while _callbacks:
        callback = _callbacks.pop()
        try:
            callback()
        except Exception:  # the rest must still end
            _logger.exception("a stop callback failed")
