"""Training sets built from the small lake: a run, its days, and the files that it left."""

from pathlib import Path
from typing import Any

from small_lake import order

from pipelines.training_set import Built, Folder, build


def run(lake: Path, **changed: Any) -> Built:
    return build(Folder(lake), order(**changed))


def files(lake: Path) -> dict[str, bytes]:
    return {it.relative_to(lake).as_posix(): it.read_bytes() for it in (lake / "training").rglob("*") if it.is_file()}


def days_of(built: Built) -> list[int]:
    return [int(date[-2:]) for date in built.computed]
