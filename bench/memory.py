"""Memory of a batch training set while history grows: ours next to computing over the whole history at once.

Each figure is the peak of a process of its own. Linux only: the kernel's high-water mark of a process's pages is read,
because ``getrusage`` also reports what the parent held when it started the process.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import simulators
import usecases
from bench.comparison import Comparison, Effort
from cli.backfill.lake import write_events, write_labels
from pipelines.training_set.days import DAY_S, iso
from pipelines.training_set.objects import Folder

USECASE = "fraud"
UNTIL = 20_454 + 360
"""The day after the last one, since the epoch."""
DAYS = 90
GROWTH = 4
PER_DAY = 2_000
FLAT = 1.1
_PROGRAM = """
import sys
from {module} import main
sys.stdout = sys.stderr
if main(sys.argv[1:]):
    sys.exit(1)
with open("/proc/self/status") as status:
    sys.__stdout__.write(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""


def comparisons(effort: Effort) -> Iterator[Comparison]:
    """The rows of this benchmark: the peak with the long history, and how it grew from the short one."""
    per_day = effort.of(PER_DAY)
    short, long = (_peaks(days, per_day) for days in (DAYS, GROWTH * DAYS))
    other_name = "pandas and the same kernel over the whole history at once"
    yield Comparison(
        name=f"peak memory of a training set, {GROWTH * DAYS * per_day:,} events of {GROWTH * DAYS} days",
        ours=long[0],
        other=long[1],
        other_name=other_name,
        unit="MB",
        less_is_better=True,
    )
    growth = f"growth of that peak from {DAYS} days on"
    grown, unit = long[0] / short[0], "% of it"
    yield Comparison(
        name=growth,
        ours=100 * grown,
        other=100 * long[1] / short[1],
        other_name=other_name,
        unit=unit,
        less_is_better=True,
    )
    yield Comparison(
        name=growth,
        ours=100 * grown,
        other=100 * FLAT,
        other_name="a tenth more for four times the history, a constant",
        unit=unit,
        goal=1,
        less_is_better=True,
    )


def _peaks(days: int, per_day: int) -> tuple[float, float]:
    """Peak megabytes of ours and of the whole history at once, over a lake of so many days."""
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder), days, per_day)
        span = ["--lake", folder, "--since", iso(UNTIL - days), "--until", iso(UNTIL)]
        ours = _peak_mb("pipelines.training_set.__main__", ["--usecase", USECASE, "--set", "bench", *span])
        return ours, _peak_mb("bench.whole_history", ["--usecase", USECASE, "--lake", folder])


def _fill(folder: Path, days: int, per_day: int) -> None:
    """A lake as a backfill leaves it: an object of events per hour, one of labels per day."""
    usecase, store = usecases.load(USECASE), Folder(folder)
    world = simulators.load(USECASE)(start=(UNTIL - days) * DAY_S, days=days, per_day=per_day, seed=1)
    for day, events in world.groupby(world["timestamp"] // DAY_S):
        write_events(store, usecase, int(str(day)), events)
    labels = world.assign(labelled_at=world["timestamp"] + usecase.label.delay_s)
    columns = ["event_id", "timestamp", "customer_id", "terminal_id", usecase.label.field, "labelled_at"]
    for day, known in labels[columns].groupby(labels["labelled_at"] // DAY_S):
        write_labels(store, usecase, int(str(day)), known)


def _peak_mb(module: str, arguments: list[str]) -> float:
    """The most memory that a program holds, in megabytes."""
    command = [sys.executable, "-c", _PROGRAM.format(module=module), *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own programs
    return int(done.stdout) / 1_024
