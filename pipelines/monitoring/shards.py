"""Parts of a window that several machines counted: each leaves its summary, and one of them all is judged."""

import json
from pathlib import Path
from types import MappingProxyType

from headrace.drift import Summary, merged, packing
from headrace.errors import RejectedError
from pipelines.monitoring.counting import Counted, Seasons, count
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.spelling import Texts

_SUFFIX = ".summary"
_ABOUT = ".about.json"


def share(place: Path, seasons: Seasons | None = None, texts: Texts = MappingProxyType({})) -> Counted:
    """What one machine counts of its share, of which there may be nothing to read, or nothing at all.

    Raises:
        TableError: if a file cannot be read.
    """
    if not place.is_dir() or not any(it.is_file() for it in place.rglob("*")):
        return Counted(summary=Summary(), slots=frozenset(), unreadable=0)
    return count(place, seasons=seasons, whole=False, texts=texts)


def leave(counted: Counted, folder: Path, name: str) -> Path:
    """Write one machine's part; returns the path of its summary.

    Raises:
        TableError: if it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        about = {
            "unreadable": counted.unreadable,
            "repeated": counted.repeated,
            "answers": sorted(counted.answers),
            "slots": sorted(counted.slots),
        }
        (folder / f"{name}{_ABOUT}").write_text(json.dumps(about))
        path = folder / f"{name}{_SUFFIX}"
        path.write_bytes(packing.pack(counted.summary))
    except OSError as exc:
        raise TableError(f"{folder}: cannot be written ({exc.strerror}); name a folder that can be") from exc
    return path


def held(place: Path) -> bool:
    """Whether a place is a folder of such parts."""
    return place.is_dir() and any(place.rglob(f"*{_SUFFIX}"))


def gathered(place: Path) -> Counted:
    """Every part of a folder as one, the same whatever their number and order.

    Raises:
        TableError: if one cannot be read.
    """
    parts: list[Summary] = []
    answers: set[str] = set()
    slots: set[int] = set()
    unreadable = repeated = 0
    for path in sorted(place.rglob(f"*{_SUFFIX}")):
        try:
            parts.append(packing.unpack(path.read_bytes()))
            about = json.loads(path.with_name(path.name.removesuffix(_SUFFIX) + _ABOUT).read_text())
            unreadable += int(about["unreadable"])
            repeated += int(about["repeated"])
            answers.update(about["answers"])
            slots.update(about["slots"])
        except (OSError, ValueError, KeyError, TypeError, RejectedError) as exc:
            raise TableError(f"{path}: cannot be read ({exc}); count that part again") from exc
    summary = merged(parts)
    if unreadable and not summary.rows:
        raise TableError(f"{place}: none of {unreadable:,} lines can be read; give one JSON object a line")
    return Counted(
        summary=summary,
        slots=frozenset(slots),
        unreadable=unreadable,
        repeated=repeated,
        answers=frozenset(answers),
    )
