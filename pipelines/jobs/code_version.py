"""Which code a model was made by: a digest of the sources that took part, the same in a checkout, a zip or an image."""

import hashlib
import pkgutil
from collections.abc import Iterator
from importlib.machinery import ModuleSpec

import headrace
import pipelines.jobs
import usecases
from headrace.usecase import UseCase

_LENGTH = 16


def code_version(usecase: UseCase) -> str:
    """The first 16 digits of the SHA-256 of the domain's, the jobs' and the use case's sources, by name."""
    digest = hashlib.sha256()
    roots = {"headrace": headrace.__path__, "pipelines.jobs": pipelines.jobs.__path__}
    found = dict(it for name, paths in roots.items() for it in _sources(name, list(paths)))
    found |= dict(_sources("usecases", list(usecases.__path__), only=usecase.name))
    for name, source in sorted(found.items()):
        digest.update(f"{name}\0{source}\0".encode())
    return digest.hexdigest()[:_LENGTH]


def _sources(package: str, paths: list[str], only: str = "") -> Iterator[tuple[str, str]]:
    """Every module below a package with its source text; nothing is imported."""
    for module in pkgutil.iter_modules(paths):
        if only and module.name != only:
            continue
        spec = module.module_finder.find_spec(module.name, None)
        if isinstance(spec, ModuleSpec) and spec.loader is not None:
            yield f"{package}.{module.name}", spec.loader.get_source(module.name) or ""  # type: ignore[attr-defined]
        if module.ispkg:
            yield from _sources(f"{package}.{module.name}", [f"{path}/{module.name}" for path in paths])
