"""The phases of a run, shown while they happen and timed for the summary."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

SPEAK_EVERY_S = 15.0


class Display(Protocol):
    """Where a phase shows how far it is."""

    def show(self, done: float | None, total: float | None, doing: str | None) -> None:
        """Show progress; None leaves a value as it was."""


@dataclass
class Bar:
    """A moving bar, for a person at a terminal."""

    progress: Progress
    task: TaskID

    def show(self, done: float | None, total: float | None, doing: str | None) -> None:
        """Move the bar."""
        self.progress.update(self.task, completed=done, total=total)
        if doing is not None:
            self.progress.update(self.task, doing=doing)


@dataclass
class Lines:
    """A line now and then, for a log."""

    console: Console
    name: str
    spoke_at: float = field(default_factory=time.monotonic)

    def show(self, done: float | None, total: float | None, doing: str | None) -> None:
        """Print a line if the last one is long ago."""
        if time.monotonic() - self.spoke_at >= SPEAK_EVERY_S:
            self.spoke_at = time.monotonic()
            share = f"{done:g}/{total:g} " if done is not None and total else ""
            self.console.print(f"… {self.name:<10} {share}{escape(doing or '')}", soft_wrap=True)


@dataclass
class Phase:
    """One phase under way."""

    display: Display
    doing: str = ""

    def at(self, done: float | None = None, *, total: float | None = None, doing: str | None = None) -> None:
        """Report progress: ``done`` of ``total`` units, and in a few words what is being done."""
        self.doing = self.doing if doing is None else doing
        self.display.show(done, total, doing)

    def report(self, done: int, total: int, doing: str) -> None:
        """``at`` in the form that long-running functions call."""
        self.at(done, total=total, doing=doing)


@dataclass
class Phases:
    """The phases of one run, in order, with their wall time in seconds."""

    console: Console
    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def phase(self, name: str) -> Iterator[Phase]:
        """Time and show one phase; on success leave one line of it on the screen."""
        started = time.perf_counter()
        with self._display(name) as display:
            phase = Phase(display)
            yield phase
        self.seconds[name] = round(time.perf_counter() - started, 2)
        self.console.print(
            f"[green]✓[/] {name:<10} [dim]{self.seconds[name]:7.1f} s  {escape(phase.doing)}[/]", soft_wrap=True
        )

    @contextmanager
    def _display(self, name: str) -> Iterator[Display]:
        if not self.console.is_terminal:
            yield Lines(self.console, name)
            return
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[doing]}"),
        )
        with Progress(*columns, console=self.console, transient=True, refresh_per_second=4) as progress:
            yield Bar(progress, progress.add_task(name, total=None, doing=""))
