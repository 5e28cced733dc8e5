"""What the tests of entry points share: a function wired to what they made, and what it logs."""

import io
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from headrace.features import FeatureSet
from usecases import load

FEATURES = FeatureSet(load("fraud"))
Event = Callable[[str], Any]


def logs(module: ModuleType) -> io.StringIO:
    """What the function logs from now on."""
    stream = io.StringIO()
    module.logger.registered_handler.setStream(stream)
    return stream


def wire(monkeypatch: pytest.MonkeyPatch, module: ModuleType, function: object) -> None:
    monkeypatch.setattr(module.adapters, "connect", lambda: function)
