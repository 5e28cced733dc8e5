"""The records of deployed features: ``usecases/recorded/{use case}.json``, generated, committed, checked at synth."""

from pathlib import Path

from headrace.errors import UseCaseError
from headrace.evolution import Record, require_recorded
from stacks.target import Target

FOLDER = Path(__file__).resolve().parent.parent / "usecases" / "recorded"
FORGETFUL = "local"
"""The stage that nothing outlives: its features may change as they like."""


def path(usecase: str) -> Path:
    """Where the record of a use case is."""
    return FOLDER / f"{usecase}.json"


def load(usecase: str) -> Record | None:
    """The record of a use case; None if nothing was recorded yet.

    Raises:
        UseCaseError: if the file is no record.
    """
    file = path(usecase)
    return Record.loads(file.read_text(), where=f"{FOLDER.name}/{file.name}") if file.is_file() else None


def save(record: Record) -> Path:
    """Write a record. Returns its file."""
    file = path(record.usecase)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(record.dumps())
    return file


def require(target: Target) -> None:
    """Refuse to synthesize features that break with what was deployed, or that nothing recorded.

    A use case without a record may go to any stage that does not keep its data.

    Raises:
        UseCaseError: naming the feature and the way out.
    """
    if target.stage.name == FORGETFUL:
        return
    if target.record is not None:
        require_recorded(target.record, target.usecase)
    elif target.stage.keep_data:
        raise UseCaseError(
            "features",
            f"are not recorded, and {target.stage.name} keeps its data",
            f"run `headrace evolve {target.usecase.name}` and commit what it writes",
        )
