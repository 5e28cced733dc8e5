"""What an evaluation is given besides the model and the test rows."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """What there is besides the model and the test rows; folders that are None or empty are not there.

    ``floors`` replace the use case's for the metrics they name, and ``lineage`` says where the model came from.
    """

    train: Path | None = None
    validation: Path | None = None
    champion: Path | None = None
    manifest: Path | None = None
    floors: Mapping[str, float] = field(default_factory=dict)
    lineage: Mapping[str, str] = field(default_factory=dict)

    @property
    def data(self) -> dict[str, Any]:
        """What the data manifest says; nothing if it was not given."""
        folder = filled(self.manifest)
        return dict(json.loads(next(folder.glob("*.json")).read_text())) if folder else {}


def filled(folder: Path | None) -> Path | None:
    """A folder with something in it, or None."""
    return folder if folder is not None and folder.is_dir() and any(folder.iterdir()) else None
