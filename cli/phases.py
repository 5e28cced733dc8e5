"""The phases of a run, shown while they happen and timed for the summary."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn


@dataclass
class Phase:
    """One phase under way. ``at`` moves its bar and says what is happening."""

    progress: Progress
    task: TaskID

    def at(self, done: float | None = None, *, total: float | None = None, doing: str | None = None) -> None:
        """Report progress: ``done`` of ``total`` units, and in a few words what is being done."""
        known = {
            key: value for key, value in (("completed", done), ("total", total), ("doing", doing)) if value is not None
        }
        self.progress.update(self.task, **known)  # type: ignore[arg-type]  # keys and types are those of update()

    def report(self, done: int, total: int, doing: str) -> None:
        """``at`` in the form that long-running functions call."""
        self.at(done, total=total, doing=doing)


@dataclass
class Phases:
    """The phases of one run, in order, with their wall time in seconds."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str, *, total: float | None = None) -> Iterator[Phase]:
        """Time and show one phase; on success leave one line of it on the screen."""
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[doing]}"),
        )
        started = time.perf_counter()
        with Progress(*columns, console=self.console, transient=True, refresh_per_second=4) as progress:
            phase = Phase(progress, progress.add_task(name, total=total, doing=""))
            yield phase
            doing = progress.tasks[0].fields["doing"] or ""
        self.seconds[name] = round(time.perf_counter() - started, 2)
        self.console.print(f"[green]✓[/] {name:<10} [dim]{self.seconds[name]:7.1f} s  {doing}[/]")
