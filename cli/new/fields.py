"""Columns become fields: names, types, privacy, and which of them enter the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from cli.new.layout import Call, Node, Noted
from cli.new.naming import words
from cli.new.profile import ColumnProfile
from cli.new.roles import Roles
from headrace.usecase import RESERVED, CalendarPart

_LONGEST = 63
_LONGEST_KEY = 496
"""Characters of a key that fit into a partition key of DynamoDB, beside the longest name."""
_SURE = 0.98
"""Area under the ROC curve above which one column alone is more likely a leak than knowledge."""
_MOST_FIELDS = 200
_TAKEN = {"event_id", "timestamp", "label", *get_args(CalendarPart), *RESERVED}


@dataclass(frozen=True, kw_only=True)
class FieldPlan:
    """One field of the event and the column that it comes from; ``enters`` says whether the model sees it."""

    name: str
    column: str
    node: Node
    numeric: bool = False
    enters: bool = False


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A column that is no field, and why."""

    column: str
    why: str


def plan_fields(
    columns: Sequence[ColumnProfile], roles: Roles, alone: Mapping[str, float]
) -> tuple[list[FieldPlan], list[LeftOut]]:
    """Plan the event's fields.

    Args:
        columns: of the file.
        roles: the columns with a role.
        alone: the area under the ROC curve of each column by itself, where it could be computed.

    Returns:
        The fields, id and time first, then the entities' keys, then all others in the file's order; and the columns
        that are left out.
    """
    by_name = {it.name: it for it in columns}
    taken: set[str] = set(_TAKEN) | {label_name(roles.label)}
    fields = [
        FieldPlan(
            name="event_id", column=roles.id, node=_field("event_id", "string", longest=_id_length(by_name, roles))
        ),
        FieldPlan(name="timestamp", column=roles.time, node=_field("timestamp", "timestamp")),
    ]
    for key in roles.entities:
        name = _unique(key, taken)
        fields.append(FieldPlan(name=name, column=key, node=_key(name, by_name[key])))
    left_out = []
    for it in columns:
        if it.name in (roles.id, roles.time, roles.label, *roles.entities):
            continue
        if (why := _unfit(it, alone.get(it.name))) is not None:
            left_out.append(LeftOut(column=it.name, why=why))
        elif len(fields) >= _MOST_FIELDS:
            left_out.append(LeftOut(column=it.name, why=f"beyond the first {_MOST_FIELDS} fields"))
        else:
            fields.append(_planned(_unique(it.name, taken), it))
    return fields, left_out


def field_name(column: str) -> str:
    """A column's name as a field is called: ``TX_Amount`` is ``tx_amount``."""
    joined = "_".join(words(column))[:_LONGEST].strip("_") or "column"
    return joined if joined[0].isalpha() else f"f_{joined}"[:_LONGEST]


def label_name(column: str) -> str:
    """The same for the label, whose name may be none of the lake's columns."""
    name = field_name(column)
    return f"{name}_truth" if name in RESERVED else name


def _unique(column: str, taken: set[str]) -> str:
    base = name = field_name(column)
    number = 2
    while name in taken:
        name, number = f"{base[: _LONGEST - 4]}_{number}", number + 1
    taken.add(name)
    return name


def _unfit(column: ColumnProfile, area: float | None) -> str | None:
    """Why a column is no field; None if it is one."""
    if column.kind == "empty":
        return "it is empty"
    if column.kind == "structure":
        return "it holds lists: give one column per part"
    if column.kind == "time":
        return "a second time: add what you compute from it, if it is known at the event's time"
    if column.distinct == 1 and column.complete:
        return "it never varies"
    if area is not None and area >= _SURE:
        return f"it alone ranks the labels with an area under the ROC curve of {area:.3f}: probably the truth itself"
    return None


def _id_length(by_name: Mapping[str, ColumnProfile], roles: Roles) -> int:
    return max(64, by_name[roles.id].longest) if roles.id in by_name else 64


def _key(name: str, column: ColumnProfile) -> Node:
    node = _field(name, "string", longest=min(max(64, 2 * column.longest), _LONGEST_KEY))
    if column.personal is None:
        return node
    return Noted(node, f"Looks like {column.personal}. A key cannot be hashed here: send a hash of it instead.")


def _planned(name: str, column: ColumnProfile) -> FieldPlan:
    required = column.complete
    if column.personal is not None:
        said = f"Looks like {column.personal}: removed on its way to the lake. privacy='hash' keeps a keyed hash of it."
        node = _field(name, "string", required=required, longest=max(64, 2 * column.longest), privacy="remove")
        return FieldPlan(name=name, column=column.name, node=Noted(node, said))
    if column.kind in ("number", "integer", "boolean"):
        likely_id = column.kind == "integer" and column.unique
        said = f"{column.low:g} to {column.high:g} in the sample." if column.low is not None else ""
        node = _field(name, column.kind, required=required)
        if likely_id:
            said = "Different in every row, like an id, so it is no input."
        noted = Noted(node, said) if said else node
        return FieldPlan(
            name=name, column=column.name, node=noted, numeric=column.kind != "boolean", enters=not likely_id
        )
    if column.values and column.distinct < column.rows:
        node = _field(name, "string", required=required, longest=max(64, 2 * column.longest), allowed=column.values)
        said = "Any other value is quarantined: list what may come."
        return FieldPlan(name=name, column=column.name, node=Noted(node, said), enters=True)
    node = _field(name, "string", required=required, longest=max(64, 2 * column.longest))
    said = f"{column.distinct:,} different texts: no input as it is; count them by a window with function='distinct'."
    return FieldPlan(name=name, column=column.name, node=Noted(node, said))


def _field(
    name: str,
    kind: str,
    *,
    required: bool = True,
    longest: int | None = None,
    allowed: tuple[str, ...] = (),
    privacy: str = "clear",
) -> Call:
    arguments: list[tuple[str, Node]] = [("name", name), ("type", kind)]
    if not required:
        arguments.append(("required", False))
    if longest is not None and kind == "string":
        arguments.append(("max_length", longest))
    if allowed:
        arguments.append(("allowed", allowed))
    if privacy != "clear":
        arguments.append(("privacy", privacy))
    return Call("Field", arguments)
