"""What a verdict of ``headrace monitor`` does not rest on: lines unread, columns that nobody has, too few rows."""

from collections.abc import Iterator
from pathlib import Path

from pipelines.monitoring.quality import QualityFound
from pipelines.monitoring.watch import Watched


def notes(
    watched: Watched, judged: QualityFound | None, *, ignored: frozenset[str], places: tuple[Path, Path]
) -> Iterator[str]:
    """Sentences that name the option or the file, and the fix.

    Args:
        watched: the comparison.
        judged: model quality; None without labels.
        ignored: columns that were named with ``--ignore``.
        places: of baseline and current.
    """
    known = {*watched.baseline.columns, *watched.current.columns}
    for name in sorted(ignored - known):
        yield f"--ignore {name}: neither table has such a column; check its spelling"
    if watched.unreadable:
        yield f"{places[1]}: {watched.unreadable:,} lines could not be read and count for nothing; repair them"
    least = watched.settings.minimum_rows
    for option, place, rows in zip(("--baseline", "--current"), places, watched.findings.rows, strict=True):
        if rows < least:
            yield (
                f"{option} {place}: {_counted(rows)} no verdict on distributions, which need {least:,}; "
                "give more, or fewer with --minimum-rows"
            )
    if judged is not None and judged.verdict.status == "UNKNOWN":
        yield f"--labels: model quality is unknown. {judged.verdict.reason}{_unmatched(judged)}"


def _counted(rows: int) -> str:
    return "1 row makes" if rows == 1 else f"{rows:,} rows make"


def _unmatched(judged: QualityFound) -> str:
    """The likeliest reason: not one label has the id of an answer."""
    if judged.current.rows or judged.about["unlabelled_answers"] < judged.about["answers"]:
        return ""
    return " No label has the id of an answer; check that the column of ids (--id) holds the same ids in both"
