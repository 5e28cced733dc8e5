"""The pages of the use cases, and the rows of their tables as a run gives them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "usecases"
SHOWN = 3
METRICS = {"auc": "area under the ROC curve", "average_precision": "average precision"}


class Page:
    """One page. A row is found by its first cell; ``write`` puts another there instead of refusing it."""

    def __init__(self, name: str, *, write: bool) -> None:
        self._path, self._write = FOLDER / f"{name}.md", write

    @property
    def exists(self) -> bool:
        """Whether the use case has a page; the reference has the README."""
        return self._path.is_file()

    def require(self, *rows: tuple[str, ...]) -> None:
        """Every row is in the page as it is given."""
        text = self._path.read_text()
        for row in rows:
            (found,) = [line for line in text.splitlines() if line.startswith(f"| {row[0]} |")]
            wanted = f"| {' | '.join(row)} |"
            if self._write:
                text = text.replace(found, wanted)
            else:
                assert found == wanted, f"{self._path.name} says otherwise; --write-pages writes what this run gave"
        if self._write:
            self._path.write_text(text)


def share(value: float) -> str:
    """``.812``, and ``1.000`` where it is one."""
    return f"{value:.3f}".removeprefix("0")


def quality(figures: Mapping[str, Any]) -> str:
    """Figures of a model, each with its interval."""
    return ", ".join(
        f"{words} {share(figures[name]['value'])} [{', '.join(map(share, figures[name]['interval']))}]"
        for name, words in METRICS.items()
    )


def rows_of_run(summary: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """What a demo showed."""
    decisions = ", ".join(f"{count} `{name}`" for name, count in summary["decisions"].items())
    api = summary["api"]
    answers = f"{api['equal']} of {api['calls']} API answers equal the stream's score to the last bit"
    rows = [
        ("history, training rows", f"{summary['history_events']:,} events, {summary['training_rows']:,} rows"),
        ("model on its test rows, with 95 % interval", quality(summary["model_quality"])),
        (
            "streamed",
            f"{summary['events_sent']} records: {summary['events_enriched']} enriched, "
            f"{summary['events_quarantined']} malformed ones in quarantine, {summary['unaccounted']} unaccounted",
        ),
        ("scored", f"{summary['predictions']}: {decisions}"),
        ("answers", answers if api["calls"] else "nobody asks an API"),
    ]
    tenants = summary.get("tenants", {})
    return rows + [
        (f"model of `{it}`", f"{its['rows']:,} rows; {quality(its['model_quality'])}") for it, its in tenants.items()
    ]


def row_of_scenario(
    scenario: str, words: str, moved: Mapping[str, float], rates: tuple[float, float]
) -> tuple[str, ...]:
    """What a change shows to the monitor: the features that moved furthest, and the rate of the truth."""
    furthest = sorted(moved.items(), key=lambda it: (-it[1], it[0]))
    more = f" and {len(furthest) - SHOWN} more" if len(furthest) > SHOWN else ""
    named = ", ".join(f"`{name}` {share(distance)}" for name, distance in furthest[:SHOWN])
    return f"`{scenario}`", words, f"{named}{more}; truth {share(rates[0])} → {share(rates[1])}"
