"""Which code computes a training set: a digest of the modules that decide what a row holds."""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

_DECIDING = (
    "headrace.window_functions",
    "headrace.windows",
    "headrace.windows_columnar",
    "headrace.windows_columnar.functions",
    "pipelines.training_set",
)
_MODULES = (("headrace", "calendar.py"), ("headrace", "training_columns.py"), ("headrace", "values.py"))


@cache
def version() -> str:
    """The digest, the same from a checkout and from the zip that a job carries."""
    digest = hashlib.blake2b(digest_size=16)
    for name, body in sorted(_sources()):
        digest.update(f"{name}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()


def _sources() -> Iterator[tuple[str, bytes]]:
    for package in _DECIDING:
        for it in resources.files(package).iterdir():
            if it.name.endswith(".py"):
                yield f"{package}/{it.name}", it.read_bytes()
    for package, module in _MODULES:
        source: Traversable = resources.files(package) / module
        yield f"{package}/{module}", source.read_bytes()
