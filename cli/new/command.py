"""Profile a file, propose a use case, prove that it reads the file and computes its features, then write it."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import usecases
from cli import event_file
from cli.event_columns import Column, epoch_seconds, zero_or_one
from cli.new import proposal
from cli.new.fields import FieldPlan, plan_fields
from cli.new.profile import ColumnProfile, profile, read_sample
from cli.new.roles import Roles, Wanted, choose
from headrace.errors import UseCaseError
from headrace.usecase import UseCase
from headrace.usecase.checks import require_name
from headrace.windows_columnar import training_frame
from pipelines.jobs.algorithms import Rows
from pipelines.jobs.judging.audit import single_features
from pipelines.jobs.splits import Cut, splits, warm_up_s
from pipelines.jobs.training_set import TrainingSetError

FOLDER = Path(usecases.__file__).resolve().parent
_PROVED_ROWS = 50_000
_MAPPED = str.maketrans({",": "", "=": ""})


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to propose: the use case's name, the file it comes from, the roles that are told, and where it goes."""

    name: str
    sample: Path
    wanted: Wanted
    folder: Path = FOLDER
    force: bool = False


@dataclass(frozen=True, kw_only=True)
class Proposed:
    """A use case that was written and holds, how the file's columns are mapped to it, and what the user should know."""

    usecase: UseCase
    path: Path
    columns: Mapping[str, str]
    left_out: Mapping[str, str]
    notices: tuple[str, ...]

    @property
    def mapping(self) -> str:
        """The value of ``--map``."""
        return ",".join(f"{name}={column}" for name, column in self.columns.items())

    def commands(self, sample: Path) -> list[str]:
        """What to run next, ready to paste."""
        name, given = self.usecase.name, f"{shlex.quote(str(sample))} -u {self.usecase.name}"
        mapped = f"--map {shlex.quote(self.mapping)}"
        return [
            f"headrace check {name} --from {shlex.quote(str(sample))} {mapped}",
            f"headrace features {given} {mapped} --out out/{name}/features.parquet --check",
            f"headrace train -u {name} --dataset out/{name}/features.parquet --out out/{name}/model",
        ]


def propose(options: Options) -> Proposed:
    """Write ``NAME.py`` for a file.

    Raises:
        UseCaseError: naming what the file lacks and the option that fixes it; then nothing is written.
    """
    require_name(options.name, "NAME")
    path = options.folder / f"{options.name}.py"
    if path.exists() and not options.force:
        raise UseCaseError("NAME", f"{path.name} is there already", "choose another name, or say --force")
    frame = read_sample(options.sample)
    columns = profile(frame)
    roles = choose(columns, options.wanted)
    fields, left_out = plan_fields(columns, roles, _alone(frame, columns, roles))
    mapped = _mapping(fields, roles)
    _require_mappable(mapped)
    times = epoch_seconds(Column(frame[roles.time], roles.time))
    truths = zero_or_one(Column(frame[roles.label], roles.label))
    about = proposal.Sample(
        file=options.sample.name,
        rows=len(frame),
        positives=float(truths.mean()),
        first=int(times.min()),
        last=int(times.max()),
    )
    text = proposal.written(options.name, about, roles, fields, left_out)
    usecase = built(text)
    notices = (*roles.notices, *_proved(usecase, options.sample, mapped))
    path.write_text(text, encoding="utf-8")
    return Proposed(
        usecase=usecase,
        path=path,
        columns={name: column for name, column in mapped.items() if name != column},
        left_out={it.column: it.why for it in left_out},
        notices=notices,
    )


def built(text: str) -> UseCase:
    """The use case that a source defines.

    Raises:
        UseCaseError: if the definition does not hold.
    """
    space: dict[str, object] = {}
    exec(compile(text, "proposal", "exec"), space)  # noqa: S102 - our own text, as it will be imported
    usecase = space["usecase"]
    if not isinstance(usecase, UseCase):
        raise TypeError("the proposal defines no use case")
    return usecase


def _mapping(fields: Sequence[FieldPlan], roles: Roles) -> dict[str, str]:
    return {it.name: it.column for it in fields} | {"label": roles.label}


def _require_mappable(mapped: Mapping[str, str]) -> None:
    for column in mapped.values():
        if column.translate(_MAPPED) != column or column.strip() != column:
            raise UseCaseError("--from", f"--map cannot name the column {column!r}", "rename it without , = and blanks")


def _alone(frame: pd.DataFrame, columns: Sequence[ColumnProfile], roles: Roles) -> dict[str, float]:
    """The area under the ROC curve of each column by itself: bins of one half of the rows judge the other half."""
    truths = zero_or_one(Column(frame[roles.label], roles.label))
    given = truths.notna().to_numpy()
    usable = [it.name for it in columns if it.kind in ("number", "integer", "boolean") or it.values]
    usable = [it for it in usable if it not in (roles.id, roles.time, roles.label, *roles.entities)]
    labels = truths[given].to_numpy()
    even = np.arange(len(labels)) % 2 == 0
    if not usable or not all(0 < labels[half].sum() < half.sum() for half in (even, ~even)):
        return {}
    matrix = np.column_stack([_numeric(frame[name][given]) for name in usable])
    known, judged = (Rows(features=matrix[half], labels=labels[half]) for half in (even, ~even))
    return single_features(known, judged, tuple(usable))


def _numeric(values: pd.Series) -> np.ndarray:
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(np.float64, na_value=np.nan)
        return np.where(np.isfinite(numbers), numbers, np.nan).astype(np.float32)
    codes: np.ndarray = pd.factorize(values)[0].astype(np.float32)
    codes[codes < 0] = np.nan
    return codes


def _proved(usecase: UseCase, sample: Path, mapped: Mapping[str, str]) -> list[str]:
    """Read the file as every command will, compute the features, and say what training would refuse."""
    field = usecase.label.field
    events = event_file.read([sample], usecase, mapped).frame
    labels = events[events[field].notna()]
    part = events.head(_PROVED_ROWS)
    training_frame(usecase, part.drop(columns=field), labels.head(_PROVED_ROWS))
    return list(_lacking(usecase, labels[usecase.event.timestamp].to_numpy(), labels[field].to_numpy()))


def _lacking(usecase: UseCase, times: np.ndarray, truths: np.ndarray) -> list[str]:
    cut = Cut(warm_up_s=warm_up_s(usecase), gap_s=usecase.label.delay_s, dealt=usecase.model.dealt)
    try:
        parts = list(splits(times, cut))
    except TrainingSetError as exc:
        return [f"too little to train on yet: {exc}"]
    few = {it.name: int(truths[it.start : it.stop].sum()) for it in parts}
    return [
        f"the {name} split would hold {count} positives, and training wants {cut.minimum_positives}: give a longer file"
        for name, count in few.items()
        if count < cut.minimum_positives
    ]
