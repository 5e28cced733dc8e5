"""What a backtest is asked to do: the command line's options, checked and brought to seconds."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import usecases
from cli.backtest.policies import NEVER, Policy, parse
from cli.table_file import WRITABLE
from headrace import duration
from headrace.errors import UseCaseError
from headrace.usecase import UseCase

DAY_S = 86_400
TRAIN_DAYS = 60
STEP = "7d"


@dataclass(frozen=True, kw_only=True)
class Options:
    """The options as they were given; moments are epoch seconds."""

    files: Sequence[Path]
    usecase: str
    columns: Mapping[str, str]
    labels: Sequence[Path]
    policies: Sequence[str]
    start: int
    until: int | None
    train_days: int
    delay: str | None
    step: str
    seed: int | None
    freeze_labels: bool
    ignore_gates: bool
    exact: bool
    predictions: Path | None
    out: Path


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds throughout a backtest.

    Attributes:
        usecase: whose events, jobs, gates and costs.
        policies: the policies to compare.
        start: the first second that is scored.
        until: the second before which scoring ends.
        last: the time of the last event: no policy is asked after it.
        delay_s: how late labels become known.
        train_s: how much event time a training set spans.
        step_s: how often policies are asked.
        seed: of the jobs, None for those of the use case and of the jobs.
        frozen: whether labels that become known after the start are read by nothing but the judgement.
        ignore_gates: whether a candidate is deployed that does not pass its gates.
    """

    usecase: UseCase
    policies: tuple[Policy, ...]
    start: int
    until: int
    last: int
    delay_s: int
    train_s: int
    step_s: int
    seed: int | None
    frozen: bool
    ignore_gates: bool

    @property
    def watched(self) -> bool:
        """Whether any policy asks for drift."""
        return any(it.watches for it in self.policies)

    @property
    def steps(self) -> list[tuple[int, int]]:
        """The steps of the walk, each from its first second to the one after its last."""
        until = min(self.until, self.last + 1)
        return [(at, min(at + self.step_s, until)) for at in range(self.start, until, self.step_s)]


def terms(options: Options, *, last: int) -> Terms:
    """Check the options.

    Args:
        options: as they were given.
        last: the time of the last event, where scoring ends if nothing else is said.

    Raises:
        UseCaseError: naming the option and the fix.
    """
    usecase = usecases.load(options.usecase)
    step_s = _seconds("--step", options.step)
    delay_s = usecase.label.delay_s if options.delay is None else _seconds("--delay", options.delay)
    policies = parse(options.policies, step_s=step_s)
    if options.freeze_labels and [it.name for it in policies] != [NEVER]:
        problem = "would keep every training but the first from new labels"
        raise UseCaseError("--freeze-labels", problem, "use it with --policy never alone")
    return Terms(
        usecase=usecase,
        policies=policies,
        start=options.start,
        until=_until(options, last),
        last=last,
        delay_s=delay_s,
        train_s=options.train_days * DAY_S,
        step_s=step_s,
        seed=options.seed,
        frozen=options.freeze_labels,
        ignore_gates=options.ignore_gates,
    )


def _until(options: Options, last: int) -> int:
    """Where scoring ends. Raises UseCaseError if it does not begin before."""
    if options.until is None:
        if last < options.start:
            raise UseCaseError("--from", "is after the last event", "give an earlier moment")
        return last + 1
    if options.until <= options.start:
        raise UseCaseError("--until", "is not after --from", "give a later moment")
    return options.until


def require_places(options: Options) -> None:
    """Refuse places that cannot be written, before any work, and a predictions file of several policies.

    Raises:
        UseCaseError: naming the option and the fix.
    """
    _require_folder("--out", options.out)
    path = options.predictions
    if path is None:
        return
    if len(parse(options.policies, step_s=1)) > 1:
        raise UseCaseError("--predictions", "holds the scores of one policy", "give one --policy")
    if path.suffix.lower() not in WRITABLE or path.is_dir():
        raise UseCaseError("--predictions", f"cannot write {path}", f"name a file that ends in {' or '.join(WRITABLE)}")
    _require_folder("--predictions", path.parent)


def _require_folder(option: str, folder: Path) -> None:
    """Raises UseCaseError unless files can be written into the folder, once it is made."""
    there = next(it for it in (folder, *folder.absolute().parents) if it.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise UseCaseError(option, f"{there} is no folder that can be written", "name another place")


def _seconds(option: str, text: str) -> int:
    try:
        found = duration.seconds(text)
    except ValueError as exc:
        raise UseCaseError(option, "wrong duration", str(exc)) from exc
    if found <= 0:
        raise UseCaseError(option, "is no time at all", "give a duration such as 7d")
    return found
