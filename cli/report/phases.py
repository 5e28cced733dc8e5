"""The phases of a run as bars on one time axis."""

from dataclasses import dataclass

from cli.report.record import RunRecord, number, section

WORDS = {
    "synth": "Synthesize the templates",
    "deploy": "Deploy every stack",
    "history": "Backfill history",
    "train": "Train, evaluate, gate",
    "rollout": "Roll the model out",
    "stream": "Stream and score",
    "predict": "Ask the API",
    "account": "Count every store",
}


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One phase: wall seconds, and its place on the axis in percent of the run."""

    name: str
    seconds: float
    left: float
    width: float


def bars(run: RunRecord) -> list[Bar]:
    """One bar per timed phase, one after the other."""
    timed = {name: number(run.summary, "phases_s", name) for name in section(run.summary, "phases_s")}
    lasting = {name: value for name, value in timed.items() if value is not None and value >= 0}
    total, start, found = sum(lasting.values()) or 1.0, 0.0, []
    for name, seconds in lasting.items():
        left, width = 100 * start / total, 100 * seconds / total
        words = WORDS.get(name, name.replace("_", " ").capitalize())
        found.append(Bar(name=words, seconds=seconds, left=round(left, 2), width=round(width, 2)))
        start += seconds
    return found
