"""How soon each monitor sees a drift, and how often it cries wolf, on the same seeded streams.

Headrace, Evidently and NannyML judge windows against a reference, so an alarm comes when a window ends; river's ADWIN
judges row by row. All have their defaults; none was tuned to these streams. Any alarm on a column counts for each of
them. A drift is seen when an alarm names its column after the onset. A window is a false alarm if a column is named in
it that has not changed. The second line of Headrace knows that days repeat: it compares the same hours only.

Writes ``detection.md`` and ``detection.json`` beside the summary.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bench.comparison import Comparison, Effort
from bench.detection_ours import monitor
from bench.detection_streams import ONSET, STREAMS, WINDOW, WINDOWS, Stream, write
from bench.peer import answer

SEEDS = 3
OURS, SEASONED = "Headrace", "Headrace, same hours"
PEERS = {
    "Evidently": "evidently_streams",
    "NannyML": "nannyml_streams",
    "ADWIN": "adwin_streams",
}
Alarms = Sequence[tuple[int, str]]
"""How many rows of the stream had been seen, and the column that was named."""


@dataclass(frozen=True, kw_only=True)
class Score:
    """What one monitor made of one kind of stream, over all seeds.

    Attributes:
        stream, monitor: which.
        delays: rows from the onset to the alarm, for each seed that it was seen in.
        missed: in how many seeds it was not seen.
        false_windows: windows in which an unchanged column was named.
        windows: all of them.
    """

    stream: str
    monitor: str
    delays: tuple[int, ...]
    missed: int
    false_windows: int
    windows: int

    @property
    def typical_delay(self) -> float:
        """The median, where what was not seen counts as the rest of the stream."""
        return statistics.median([*self.delays, *[WINDOW * WINDOWS - ONSET] * self.missed])


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark: how soon a small shift is seen, and how many windows are left in peace."""
    scores = _scores(effort.of(SEEDS))
    effort.out.mkdir(parents=True, exist_ok=True)
    (effort.out / "detection.md").write_text(table(scores))
    (effort.out / "detection.json").write_text(json.dumps([asdict(it) for it in scores], indent=1) + "\n")
    for stream in STREAMS[:2]:
        found = {it.monitor: it for it in scores if it.stream == stream.name}
        for peer in PEERS:
            yield Comparison(
                name=f"delay until it is seen: {stream.name}",
                ours=found[OURS].typical_delay,
                other=found[peer].typical_delay,
                other_name=peer,
                unit="rows",
                less_is_better=True,
            )
    for peer in PEERS:
        yield Comparison(
            name="windows without a false alarm, no season in them",
            ours=_in_peace(scores, OURS),
            other=_in_peace(scores, peer),
            other_name=peer,
            unit="%",
        )


def judged(stream: Stream, monitor: str, runs: Sequence[Alarms]) -> Score:
    """What the alarms of a monitor on some seeds of a stream are worth."""
    first = [min((row for row, column in run if _true(stream, row, column)), default=None) for run in runs]
    false = [{(row - 1) // WINDOW for row, column in run if not _true(stream, row, column)} for run in runs]
    delays = tuple(row - ONSET for row in first if row is not None)
    return Score(
        stream=stream.name,
        monitor=monitor,
        delays=delays,
        missed=len(runs) - len(delays) if stream.column else 0,
        false_windows=sum(map(len, false)),
        windows=WINDOWS * len(runs),
    )


def table(scores: Sequence[Score]) -> str:
    """Both halves as Markdown: delays in rows, and windows with a false alarm."""
    monitors = list(dict.fromkeys(it.monitor for it in scores))
    found = {(it.stream, it.monitor): it for it in scores}
    head = f"|{'|'.join(['stream', *monitors])}|\n|{'---|' * (len(monitors) + 1)}\n"
    delays = "".join(
        f"| {it.name} | {' | '.join(_delay(found[it.name, one]) for one in monitors)} |\n"
        for it in STREAMS
        if it.column is not None
    )
    false = "".join(
        f"| {it.name} | {' | '.join(f'{found[it.name, one].false_windows}' for one in monitors)} |\n" for it in STREAMS
    )
    return (
        f"Rows from the onset until the column is named (median; how many of the seeds if not all):\n\n{head}{delays}\n"
        f"Windows of {scores[0].windows} in which an unchanged column is named:\n\n{head}{false}"
    )


def _scores(seeds: int) -> list[Score]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, stream in enumerate(STREAMS):
            for seed in range(seeds):
                write(folder / f"{number}-{seed}", stream, seed=seed + 1)
        alarms = {it: _ours(folder, same_hours=it == SEASONED) for it in (OURS, SEASONED)}
        for label, program in PEERS.items():
            alarms[label] = json.loads(answer(program, name, str(WINDOW)))
    return [
        judged(stream, label, [found[f"{number}-{seed}"] for seed in range(seeds)])
        for number, stream in enumerate(STREAMS)
        for label, found in alarms.items()
    ]


def _ours(folder: Path, *, same_hours: bool) -> Mapping[str, Alarms]:
    sys.stderr.write(f"  headrace{', same hours' if same_hours else ''}\n")
    return {path.name: list(monitor(path, same_hours=same_hours)) for path in folder.iterdir()}


def _true(stream: Stream, row: int, column: str) -> bool:
    return column == stream.column and row > ONSET


def _delay(score: Score) -> str:
    if not score.delays:
        return "not seen"
    words = f"{statistics.median(score.delays):,.0f}"
    return f"{words} ({len(score.delays)} of {len(score.delays) + score.missed})" if score.missed else words


def _in_peace(scores: Sequence[Score], monitor: str) -> float:
    steady = [it for it in scores if it.monitor == monitor and not _SEASONAL[it.stream]]
    return 100 * (1 - sum(it.false_windows for it in steady) / sum(it.windows for it in steady))


_SEASONAL = {it.name: it.season > 0 for it in STREAMS}
