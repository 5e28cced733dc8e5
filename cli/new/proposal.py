"""The use case that a file suggests, as Python source: complete, commented, and to be read before it is believed."""

from collections.abc import Sequence
from dataclasses import dataclass

from cli.new.fields import FieldPlan, LeftOut, label_name
from cli.new.layout import Call, Name, Node, Noted, comment, source
from cli.new.roles import Roles

_DAY_S = 86_400
_MOST_MEANS = 3
_ONE_DAY = _DAY_S
_LONGEST = 63
_CAREFUL = '{"max_depth": 3, "eta": 0.05, "num_round": 200, "min_child_weight": 10, "subsample": 0.8}'


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the proposal knows of the file: its name, rows, share of positives, and first and last second."""

    file: str
    rows: int
    positives: float
    first: int
    last: int

    @property
    def span_s(self) -> int:
        """From the first event to the last."""
        return self.last - self.first


def written(name: str, sample: Sample, roles: Roles, fields: Sequence[FieldPlan], left_out: Sequence[LeftOut]) -> str:
    """The source of ``usecases/NAME.py``, as ``ruff format`` would leave it."""
    tree = _tree(name, sample, roles, fields)
    body = f"usecase = {source(tree, used=len('usecase = '))}\n"
    used = sorted(_names(tree))
    imports = f"from headrace.usecase import {', '.join(used)}\n"
    if len(imports) > 121:  # noqa: PLR2004 - the line and its end
        imports = "from headrace.usecase import (\n" + "".join(f"    {it},\n" for it in used) + ")\n"
    missing = "".join(comment(f"Left out: {it.column}: {it.why}.", 0) for it in left_out)
    return f'"""{_described(name, sample)}\n"""\n\n{imports}\n{missing}{body}'


def _described(name: str, sample: Sample) -> str:
    return (
        f"{name}: proposed by `headrace new` from {sample.file.replace(chr(34), '')} ({sample.rows:,} events).\n\n"
        "Comments say what was seen and what was guessed. Before it decides anything: set the label's delay and\n"
        "costs, the gate and the bands, and run `headrace check`."
    )


def _names(node: Node) -> set[str]:
    if isinstance(node, Noted):
        return _names(node.value)
    if isinstance(node, Call):
        return {node.name}.union(*(_names(value) for _, value in node.arguments))
    return set().union(*map(_names, node)) if isinstance(node, tuple) else set()


def _tree(name: str, sample: Sample, roles: Roles, fields: Sequence[FieldPlan]) -> Call:
    keys = [next(it.name for it in fields if it.column == key and it.name != "event_id") for key in roles.entities]
    entities = [_entity_name(key) for key in keys]
    label, delay = label_name(roles.label), "1h" if sample.span_s < 5 * _DAY_S else "1d"
    windows, expressions = _windows(sample, roles, fields, entities, label=label, delay=delay)
    inputs = tuple(it.name for it in fields if it.enters)
    arguments: list[tuple[str, Node]] = [
        ("name", name),
        ("description", f"Whether an event of a {entities[0].replace('_', ' ')} ends in {label.replace('_', ' ')}"),
        ("event", Call("Event", [("fields", tuple(it.node for it in fields))])),
        ("entities", Noted(_entities(entities, keys, roles), "The first one partitions the stream.")),
        ("inputs", inputs),
        ("calendar", _calendar(sample)),
        ("windows", windows),
    ]
    if expressions:
        arguments.append(("expressions", expressions))
    return Call("UseCase", [*arguments, *_learning(label, delay, sample), *_answers(sample)])


def _entity_name(key: str) -> str:
    return key.removesuffix("_id").removesuffix("_key").removesuffix("_no") or key


def _entities(names: Sequence[str], keys: Sequence[str], roles: Roles) -> tuple[Node, ...]:
    nodes = []
    for name, key in zip(names, keys, strict=True):
        keeps = roles.repeats and name == names[0]
        nodes.append(Call("Entity", [("name", name), ("key", key), *([("snapshot", "1d")] if keeps else [])]))
    return tuple(nodes)


def _calendar(sample: Sample) -> tuple[str, ...]:
    return ("hour", "is_weekend") if sample.span_s >= 2 * _ONE_DAY else ()


def _lengths(sample: Sample) -> tuple[str, ...]:
    if sample.span_s < 4 * _ONE_DAY:
        return ("1h", "6h")
    return ("1d", "7d") if sample.span_s < 90 * _ONE_DAY else ("1d", "7d", "30d")


def _windows(
    sample: Sample, roles: Roles, fields: Sequence[FieldPlan], entities: Sequence[str], *, label: str, delay: str
) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    if not roles.repeats:
        return (), ()
    lengths, first = _lengths(sample), entities[0]
    usable = (it.name for it in fields if it.numeric and it.enters)
    numbers = [it for it in usable if len(f"{first}_{it}_mean_{lengths[-1]}") <= _LONGEST][:_MOST_MEANS]
    nodes: list[Node] = [
        Noted(_window(entity, "count", lengths), "How busy it was." if entity == first else f"The same of {entity}.")
        for entity in entities
    ]
    nodes += [_window(first, "mean", lengths, over=name, fill=0.0) for name in numbers]
    nodes.append(_window(first, "time_since_last", lengths[-1:]))
    known = _window(first, "mean", lengths[-1:], over=label, source=("source", "labels"), delay=delay, fill=0.0)
    nodes.append(Noted(known, "The labels of the past that are known by now: a shorter delay would leak the truth."))
    expressions = tuple(
        Call(
            "Expression",
            [
                ("name", f"{name}_to_mean"),
                ("function", "ratio"),
                ("of", name),
                ("against", (f"{first}_{name}_mean_{lengths[-1]}",)),
                ("fill", 1.0),
            ],
        )
        for name in numbers
    )
    return tuple(nodes), expressions


def _window(
    entity: str,
    function: str,
    lengths: tuple[str, ...],
    *,
    over: str | None = None,
    source: tuple[str, str] | None = None,
    delay: str | None = None,
    fill: float | None = None,
) -> Call:
    arguments: list[tuple[str, Node]] = [("entity", entity), ("function", function)]
    arguments += [("over", over)] if over else []
    arguments += [source] if source else []
    arguments.append(("lengths", lengths))
    arguments += [("delay", delay)] if delay else []
    arguments += [("fill", fill)] if fill is not None else []
    return Call("Window", arguments)


def _learning(label: str, delay: str, sample: Sample) -> list[tuple[str, Node]]:
    chance = f"{sample.positives:.2%} of the sample are positive"
    truth = Call("Label", [("field", label), ("delay", delay), ("missed_cost", 10), ("false_alarm_cost", 1)])
    floor = round(min(0.9, 1.2 * sample.positives), 4)
    rounds: list[Node] = [
        Noted(Call("Gate", [("metric", "average_precision"), ("minimum", floor)]), f"{chance}: what chance gives.")
    ]
    careful = Noted(Name(_CAREFUL), "Shallow trees and large leaves, because small files are soon learned by heart.")
    model = Call("Model", [("hyperparameters", careful), ("gates", tuple(rounds))])
    return [
        ("label", Noted(truth, "A guess: how late the truth comes, and what errors cost in your currency.")),
        ("model", model),
    ]


def _answers(sample: Sample) -> list[tuple[str, Node]]:
    middle = round(min(0.5, max(0.02, 2 * sample.positives)), 3)
    bands = tuple(
        Call("Band", [("decision", decision), ("from_score", score)])
        for decision, score in (("LOW", 0), ("MEDIUM", middle), ("HIGH", round((1 + middle) / 2, 3)))
    )
    decision = Call("Decision", [("bands", bands), ("fallback", "MEDIUM")])
    return [
        ("decision", Noted(decision, "A guess: what is done from which score on, and when no model can answer.")),
        ("serving", Call("Serving", [("score_stream", True)])),
    ]
