"""One file per use case; each defines ``usecase``. They are loaded by name."""

import importlib
import pkgutil

from headrace.errors import UseCaseError
from headrace.usecase import UseCase


def names() -> tuple[str, ...]:
    """The names of all use cases, sorted."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> UseCase:
    """Load a use case by its name.

    Raises:
        UseCaseError: if there is no such use case, or its definition is wrong.
    """
    if name not in names():
        raise UseCaseError("usecase", f"there is no use case {name!r}", f"use one of {', '.join(names())}")
    module = importlib.import_module(f"{__name__}.{name}")
    usecase: UseCase = module.usecase
    return usecase
