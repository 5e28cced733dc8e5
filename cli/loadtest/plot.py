"""The latency of every request over time, with what happened meanwhile."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from cli.loadtest.interference import Note
from cli.loadtest.verdict import Judged

_SCORED = ("#2563eb", "#0d9488", "#7c3aed", "#64748b")
_COLOURS = {"degraded": "#d97706", "wrong": "#dc2626", "failed_5xx": "#dc2626", "refused": "#dc2626"}
_WORDS = {"failed_5xx": "5xx", "unanswered": "no answer"}


def write(path: Path, judged: Sequence[Judged], notes: Sequence[Note], title: str) -> None:
    """Write the plot; the file's suffix says whether as SVG or PNG."""
    figure = Figure(figsize=(9, 4.2), dpi=120, layout="constrained")
    axes = figure.add_subplot()
    for name, colour, members in _series(judged):
        times = [it.shot.due_s for it in members]
        waits = [max(it.shot.latency_ms, 0.1) for it in members]
        axes.scatter(times, waits, s=5, linewidths=0, color=colour, label=f"{name} ({len(members):,})", rasterized=True)
    for note in notes:
        axes.axvline(note.at_s, color="#94a3b8", linewidth=1, linestyle="--")
        axes.annotate(
            note.text, (note.at_s, 1), xycoords=("data", "axes fraction"), xytext=(3, -4), fontsize=7, rotation=90,
            textcoords="offset points", va="top", color="#475569",
        )  # fmt: skip
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
    axes.set(xlabel="seconds since the start", ylabel="milliseconds from when it was due", title=title)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(loc="upper right", fontsize=8, markerscale=3)
    figure.savefig(path)


def _series(judged: Sequence[Judged]) -> list[tuple[str, str, list[Judged]]]:
    """Name, colour and members: one series per version that answered well, one per other judgement."""
    versions = sorted({_version(it) for it in judged if it.judgement == "ok"})
    found = [
        (name, _SCORED[number % len(_SCORED)], [it for it in judged if it.judgement == "ok" and _version(it) == name])
        for number, name in enumerate(versions)
    ]
    for judgement in sorted({it.judgement for it in judged} - {"ok"}):
        members = [it for it in judged if it.judgement == judgement]
        found.append((_WORDS.get(judgement, judgement), _COLOURS.get(judgement, "#111827"), members))
    return found


def _version(it: Judged) -> str:
    return str(it.shot.reply.body.get("model_version", ""))
