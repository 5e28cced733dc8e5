"""Which column is the id, the time, the truth, and whose the events are: chosen by name and content, or refused."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.event_file import DERIVED
from cli.new.naming import is_key, rank
from cli.new.profile import ColumnProfile, names_of
from headrace.errors import UseCaseError

_TIME_FIRST = ("timestamp", "event_time", "datetime", "time", "when", "date", "created_at", "created", "ts")
_LABELS = (
    "label", "target", "truth", "outcome", "fraud", "churn", "churned", "default", "defaulted", "readmitted", "clicked",
    "converted", "purchased", "bought", "failed", "failure", "anomaly", "attack", "spam", "cancelled", "class", "y",
)  # fmt: skip
_WHO = (
    "customer", "user", "account", "card", "client", "member", "patient", "device", "sensor", "machine", "driver",
    "host", "player", "subscriber", "session", "vehicle", "employee", "borrower", "merchant", "store",
    "zone", "product", "holder",
)  # fmt: skip
_MOST_ENTITIES = 2
_EVENTS_EACH = 1.5
"""Events per value below which a column does not tell whose they are."""
_FEW = 10
"""Values below which a column rather says of what kind an event is, if there is another."""


@dataclass(frozen=True, kw_only=True)
class Roles:
    """The columns with a role, and what was decided without being told.

    ``id`` is ``@content`` where ids are derived. ``entities`` are the columns that say whose the events are, the one
    that partitions the stream first; ``repeats`` says whether its values come more than once.
    """

    id: str
    time: str
    label: str
    entities: tuple[str, ...]
    repeats: bool
    notices: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The columns that the user named; None where the choice is ours."""

    label: str | None = None
    entity: str | None = None
    time: str | None = None


def choose(columns: Sequence[ColumnProfile], wanted: Wanted) -> Roles:
    """Give every role a column.

    Raises:
        UseCaseError: naming the role that no column can have, what there is, and the option that fixes it.
    """
    for option, name in (("--label", wanted.label), ("--entity", wanted.entity), ("--time", wanted.time)):
        if name is not None and name not in {it.name for it in columns}:
            raise UseCaseError(option, f"the file has no column {name!r}", f"use one of {names_of(columns)}")
    _refuse_text_only(columns)
    notices: list[str] = []
    time = _time(columns, wanted.time, notices)
    label = _label([it for it in columns if it.name != time], wanted.label, notices)
    others = [it for it in columns if it.name not in (time, label)]
    id_column = _id(others, wanted.entity, notices)
    entities, repeats = _entities(others, wanted.entity, id_column, notices)
    return Roles(id=id_column, time=time, label=label, entities=entities, repeats=repeats, notices=tuple(notices))


def _refuse_text_only(columns: Sequence[ColumnProfile]) -> None:
    if all(it.kind in ("text", "empty", "structure") and it.truth is None for it in columns):
        raise UseCaseError(
            "--from",
            f"holds texts only ({names_of(columns)}): no time, no number and no truth to learn",
            "add a column of times (--time) and one of 0 and 1 (--label); texts of few values can be inputs then",
        )


def _time(columns: Sequence[ColumnProfile], wanted: str | None, notices: list[str]) -> str:
    times = [it for it in columns if it.kind == "time"]
    if wanted is not None:
        chosen = next(it for it in columns if it.name == wanted)
        if chosen.kind != "time":
            raise UseCaseError(
                "--time",
                f"{wanted!r} is {_told(chosen)}, not a time",
                "write times as 2026-04-01T12:00:00Z or epoch seconds",
            )
    elif not times:
        raise UseCaseError(
            "--time",
            f"no column holds the time of the event; there are {names_of(columns)}",
            "name one with --time, or add one: without it nothing says what was known when",
        )
    else:
        chosen = max(times, key=lambda it: (rank(it.name, _TIME_FIRST), it.complete))
        if len(times) > 1:
            notices.append(f"{chosen.name} is taken for the event's time, of {names_of(times)}; say --time for another")
    if chosen.problem:
        raise UseCaseError("--time", chosen.problem.split("; ")[0], "write times as 2026-04-01")
    if not chosen.complete:
        missing = chosen.rows - chosen.present
        raise UseCaseError(
            "--time", f"{chosen.name} is missing in {missing} rows", "every event needs its time: fill it"
        )
    return chosen.name


def _label(columns: Sequence[ColumnProfile], wanted: str | None, notices: list[str]) -> str:
    fit = [it for it in columns if it.truth is not None and 0 < it.truth < 1]
    if wanted is not None:
        chosen = next(it for it in columns if it.name == wanted)
        if chosen not in fit:
            told = "one value only" if chosen.truth is not None else f"{_told(chosen)} of {chosen.distinct} values"
            raise UseCaseError("--label", f"{wanted!r} has {told}", "a label is 0 or 1, true or false, yes or no")
        return wanted
    named = [it for it in fit if rank(it.name, _LABELS)]
    if len(named) == 1 or (not named and len(fit) == 1):
        chosen = (named or fit)[0]
        notices.append(f"{chosen.name} is taken for the label: {chosen.truth:.2%} of its values are positive")
        return chosen.name
    if fit:
        raise UseCaseError(
            "--label", f"{names_of(named or fit)} could each be the truth to learn", "name one with --label"
        )
    pairs = [it for it in columns if it.distinct == len("01") and it.kind == "text"]
    hint = f"; {names_of(pairs)} has two values, but not 0 and 1" if pairs else ""
    raise UseCaseError(
        "--label",
        f"no column holds a truth to learn{hint}",
        "add a column of 0 and 1, true and false or yes and no, and name it with --label",
    )


def _id(columns: Sequence[ColumnProfile], entity: str | None, notices: list[str]) -> str:
    fit = [it for it in columns if it.unique and it.kind in ("text", "integer") and it.name != entity]
    named = [it for it in fit if is_key(it.name) or it.kind == "text"]
    if named:
        return max(named, key=lambda it: rank(it.name, ("event_id", "id", "transaction_id", "uuid"))).name
    notices.append(
        f"no column identifies an event, so ids are derived from what events hold (--map event_id={DERIVED}); "
        "labels that come in another file need an id of your own"
    )
    return DERIVED


def _entities(
    columns: Sequence[ColumnProfile], wanted: str | None, id_column: str, notices: list[str]
) -> tuple[tuple[str, ...], bool]:
    keys = [it for it in columns if it.complete and it.kind in ("text", "integer") and it.name != id_column]
    if wanted is not None:
        first = next(it for it in columns if it.name == wanted)
        if not first.complete or first.kind not in ("text", "integer"):
            missing = "" if first.complete else f", missing in {first.rows - first.present} rows"
            raise UseCaseError("--entity", f"{wanted!r} is {_told(first)}{missing}", "name a complete column of ids")
    else:
        repeating = [it for it in keys if _repeats(it) and (rank(it.name, _WHO) or is_key(it.name))]
        if not repeating:
            return _own_entity(columns, id_column, notices)
        first = max(repeating, key=_whose)
        notices.append(
            f"events are taken to belong to {first.name} ({first.distinct:,} of them); say --entity for another"
        )
    others = [it for it in keys if it.name != first.name and _repeats(it) and is_key(it.name)]
    found = (first, *sorted(others, key=_whose, reverse=True))[:_MOST_ENTITIES]
    return tuple(it.name for it in found), _repeats(first)


def _own_entity(columns: Sequence[ColumnProfile], id_column: str, notices: list[str]) -> tuple[tuple[str, ...], bool]:
    if id_column == DERIVED:
        raise UseCaseError(
            "--entity",
            f"no column says whose the events are; there are {names_of(columns)}",
            "name one with --entity: a complete column of ids such as a customer, a device or a place",
        )
    notices.append(f"no column groups events, so each {id_column} is an entity of its own, without windows")
    return (id_column,), False


def _repeats(column: ColumnProfile) -> bool:
    return column.distinct > 1 and column.rows >= _EVENTS_EACH * column.distinct


def _whose(column: ColumnProfile) -> tuple[bool, int, bool, int]:
    return column.distinct >= _FEW, rank(column.name, _WHO), is_key(column.name), column.distinct


def _told(column: ColumnProfile) -> str:
    return {"structure": "a nested list", "empty": "empty"}.get(column.kind, f"a {column.kind}")
