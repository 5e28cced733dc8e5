"""The expressions of a pipeline definition: ``Get``, ``Std:Join`` and ``Std:JsonGet`` in place of plain values."""

from collections.abc import Iterator, Mapping
from typing import Any

KINDS = ("Get", "Std:Join", "Std:JsonGet")


def is_expression(value: object) -> bool:
    """Whether a value is computed by an execution instead of being itself."""
    return isinstance(value, Mapping) and len(value) == 1 and next(iter(value)) in KINDS


def references(value: object) -> Iterator[str]:
    """Every ``Get`` below a value: ``Parameters.InputData``, ``Steps.Train.ModelArtifacts.S3ModelArtifacts``."""
    if isinstance(value, Mapping):
        target = value.get("Get")
        if len(value) == 1 and isinstance(target, str):
            yield target
            return
        for member in value.values():
            yield from references(member)
    elif isinstance(value, list):
        for member in value:
            yield from references(member)


def readings(value: object) -> Iterator[Mapping[str, Any]]:
    """Every ``Std:JsonGet`` below a value: the file and the path in it."""
    if isinstance(value, Mapping):
        if isinstance(reading := value.get("Std:JsonGet"), Mapping):
            yield reading
        for member in value.values():
            yield from readings(member)
    elif isinstance(value, list):
        for member in value:
            yield from readings(member)


def steps(definition: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Every step, those inside the branches of conditions right after their condition."""
    yield from _flatten(definition["Steps"])


def _flatten(listed: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for step in listed:
        yield step
        if step["Type"] == "Condition":
            yield from _flatten(step["Arguments"]["IfSteps"])
            yield from _flatten(step["Arguments"]["ElseSteps"])


def predecessors(step: Mapping[str, Any]) -> set[str]:
    """The names of the steps whose results or end a step waits for; those of its branches are not among them."""
    arguments = dict(step["Arguments"])
    if step["Type"] == "Condition":
        arguments = {"Conditions": arguments["Conditions"]}
    found = {target.split(".")[1] for target in references(arguments) if target.startswith("Steps.")}
    return found | set(step.get("DependsOn", []))
