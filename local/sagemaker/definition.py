"""Reads a pipeline definition (schema 2020-12-01) and rejects, before anything runs, what could only fail later."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from local.sagemaker import shapes
from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.platform import Record

VERSION = "2020-12-01"
REQUEST_OF_STEP: Mapping[str, tuple[str, str | None]] = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "RegisterModel": ("CreateModelPackage", None),
    "Model": ("CreateModel", "ModelName"),
}
"""Step types whose Arguments are an API request, with the name that the pipeline itself gives."""

_STEP_TYPES = (*REQUEST_OF_STEP, "Condition", "Fail")
_PARAMETER_TYPES: Mapping[str, type] = {"String": str, "Integer": int, "Float": float, "Boolean": bool}
_STEP_REFERENCE = re.compile(r"Steps\.([A-Za-z0-9_-]+)(?:\.|$)")
_NULLABLE = ("MlflowConfig",)  # the SDK writes it as null; no service model of a job knows it as null


@dataclass(frozen=True)
class Definition:
    """A pipeline definition whose references all resolve."""

    parameters: tuple[Record, ...]
    steps: tuple[Record, ...]

    def parameter_values(self, given: Mapping[str, str]) -> dict[str, str | int | float | bool]:
        """Every parameter's value for one execution.

        Raises:
            ValidationError: for an undeclared parameter, a missing one without default, a wrong type or a value
                outside EnumValues.
        """
        declared = {parameter["Name"]: parameter for parameter in self.parameters}
        unknown = sorted(set(given) - set(declared))
        if unknown:
            raise ValidationError(f"Pipeline parameters {unknown} are not defined in the pipeline definition.")
        return {name: _value(parameter, given.get(name)) for name, parameter in declared.items()}


def parse(text: str) -> Definition:
    """Read a definition.

    Args:
        text: JSON.

    Raises:
        ValidationError: naming every problem.
    """
    try:
        body = json.loads(text)
    except ValueError as exc:
        raise ValidationError(f"Unable to parse pipeline definition. Invalid JSON: {exc}") from exc
    if not isinstance(body, dict) or body.get("Version") != VERSION:
        raise ValidationError(f"Unable to parse pipeline definition: Version must be {VERSION}.")
    definition = Definition(
        parameters=tuple(body.get("Parameters", [])), steps=tuple(_without_nulls(body.get("Steps", [])))
    )
    found = [*_parameter_problems(definition), *_step_problems(definition)]
    if found:
        raise ValidationError(f"Unable to parse pipeline definition: {'; '.join(found)}")
    return definition


def walk(steps: tuple[Record, ...] | list[Record]) -> Iterator[Record]:
    """Every step, those in the branches of conditions too."""
    for step in steps:
        yield step
        if step.get("Type") == "Condition":
            arguments = step.get("Arguments", {})
            yield from walk([*arguments.get("IfSteps", []), *arguments.get("ElseSteps", [])])


def references(value: Any) -> Iterator[str]:
    """Every path that a ``Get`` in the value names."""
    if isinstance(value, dict):
        if set(value) == {"Get"} and isinstance(value["Get"], str):
            yield value["Get"]
        else:
            for item in value.values():
                yield from references(item)
    elif isinstance(value, list):
        for item in value:
            yield from references(item)


def needed_steps(step: Record) -> set[str]:
    """Names of the steps that must end before this one starts, its own nested ones aside."""
    own = {nested["Name"] for nested in walk([step])}
    needed = {match[1] for path in references(step.get("Arguments", {})) if (match := _STEP_REFERENCE.match(path))}
    for nested in walk([step]):
        needed |= set(nested.get("DependsOn", []))
    return needed - own


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if not (item is None and name in _NULLABLE)}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _value(parameter: Record, given: str | None) -> str | int | float | bool:
    name, kind = parameter["Name"], parameter["Type"]
    raw = parameter.get("DefaultValue") if given is None else given
    if raw is None:
        raise ValidationError(f"Parameter [{name}] has no default value and none was given.")
    try:
        value = _convert(kind, raw)
    except ValueError as exc:
        raise ValidationError(f"Value {raw!r} of parameter [{name}] is not of type {kind}.") from exc
    if "EnumValues" in parameter and value not in parameter["EnumValues"]:
        raise ValidationError(f"Value {raw!r} of parameter [{name}] is not one of {parameter['EnumValues']}.")
    return value


def _convert(kind: str, raw: str | int | float | bool) -> str | int | float | bool:
    if kind == "Boolean":
        text = str(raw).lower()
        if text not in ("true", "false"):
            raise ValueError(raw)
        return text == "true"
    return str(raw) if kind == "String" else int(raw) if kind == "Integer" else float(raw)


def _parameter_problems(definition: Definition) -> Iterator[str]:
    names = [parameter.get("Name") for parameter in definition.parameters]
    for parameter in definition.parameters:
        if parameter.get("Type") not in _PARAMETER_TYPES:
            kinds = ", ".join(_PARAMETER_TYPES)
            yield f"parameter {parameter.get('Name')} has type {parameter.get('Type')}, not one of {kinds}"
    yield from (f"parameter {name} is there twice" for name in sorted({str(n) for n in names if names.count(n) > 1}))


def _step_problems(definition: Definition) -> Iterator[str]:
    steps = list(walk(definition.steps))
    names = [str(step.get("Name")) for step in steps]
    if not steps:
        yield "there are no steps"
    yield from (f"step name {name} is there twice" for name in sorted({n for n in names if names.count(n) > 1}))
    parameters = {parameter.get("Name") for parameter in definition.parameters}
    for step in steps:
        if step.get("Type") not in _STEP_TYPES:
            kinds = ", ".join(_STEP_TYPES)
            yield f"step {step.get('Name')} has type {step.get('Type')}, which does not run locally ({kinds} do)"
            continue
        yield from _reference_problems(step, parameters, set(names))
        yield from _argument_problems(step)
    yield from _cycle_problems(steps, set(names))


def _reference_problems(step: Record, parameters: set[Any], names: set[str]) -> Iterator[str]:
    for path in references(step.get("Arguments", {})):
        head, _, rest = path.partition(".")
        if head == "Parameters" and rest not in parameters:
            yield f"step {step['Name']} references the unknown parameter {rest}"
        elif head == "Steps" and rest.partition(".")[0] not in names:
            yield f"step {step['Name']} references the unknown step {rest.partition('.')[0]}"
        elif head not in ("Parameters", "Steps", "Execution"):
            yield f"step {step['Name']} references {path}, which is neither Parameters, Steps nor Execution"
    for name in step.get("DependsOn", []):
        if name not in names:
            yield f"step {step['Name']} depends on the unknown step {name}"


def _argument_problems(step: Record) -> Iterator[str]:
    if step["Type"] not in REQUEST_OF_STEP:
        return
    operation, name = REQUEST_OF_STEP[step["Type"]]
    arguments = {**({name: "placeholder"} if name else {}), **step.get("Arguments", {})}
    try:
        yield from (
            f"step {step['Name']}: {problem}" for problem in shapes.problems(operation, arguments, expressions=True)
        )
    except ServiceError as exc:
        yield f"step {step['Name']}: {exc.message}"


def _cycle_problems(steps: list[Record], names: set[str]) -> Iterator[str]:
    waiting = {str(step.get("Name")): needed_steps(step) & names for step in steps if step.get("Type") in _STEP_TYPES}
    while ready := [name for name, needed in waiting.items() if not needed & set(waiting)]:
        for name in ready:
            del waiting[name]
    if waiting:
        yield f"steps {', '.join(sorted(waiting))} wait for each other"
