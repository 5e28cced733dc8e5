"""Check a pipeline definition against SageMaker's own service model, so that a wrong one fails the synth.

Members, types and enumerations come from the API that each step calls; references are followed to parameters, outputs
and the answers of the steps they name. The published JSON schema of the format rejects valid definitions, hence this.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from graphlib import CycleError, TopologicalSorter
from typing import Any

from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape
from botocore.validate import ParamValidator

from pipelines.retraining import expressions, step_checks
from pipelines.retraining.plan import DefinitionError

Step = Mapping[str, Any]
MEMBERS = frozenset({"Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps"})
REQUESTS = {
    "Processing": ("CreateProcessingJob", "ProcessingJobName"),
    "Training": ("CreateTrainingJob", "TrainingJobName"),
    "Tuning": ("CreateHyperParameterTuningJob", "HyperParameterTuningJobName"),
    "RegisterModel": ("CreateModelPackage", None),
}
"""The operation behind each type of step, and the name member that SageMaker fills in."""
ANSWERS = {
    "Processing": ("DescribeProcessingJob",),
    "Training": ("DescribeTrainingJob",),
    "Tuning": ("DescribeHyperParameterTuningJob", "ListTrainingJobsForHyperParameterTuningJob"),
    "RegisterModel": ("DescribeModelPackage",),
}
EXECUTION = frozenset({
    "CurrentDateTime", "PipelineArn", "PipelineExecutionArn", "PipelineExecutionId", "PipelineName", "StartDateTime",
})  # fmt: skip
PARAMETER_TYPES = frozenset({"String", "Integer", "Float", "Boolean"})
_STAND_INS = {"integer": 1, "long": 1, "float": 1.0, "double": 1.0, "boolean": True}
_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,63}")
_PART = re.compile(r"([A-Za-z0-9_]+)|\['([^']+)'\]|\[(\d+)\]")


def validate(definition: Mapping[str, Any]) -> None:
    """Check a definition.

    Raises:
        DefinitionError: naming every problem and the step it is in.
    """
    problems = [*_check_frame(definition), *_check_order(definition)]
    by_name = {step["Name"]: step for step in expressions.steps(definition)}
    for step in by_name.values():
        checks = (
            *_check_request(step),
            *step_checks.check(step),
            *_check_references(definition, by_name, step),
        )
        problems += [f"step {step['Name']}: {problem}" for problem in checks]
    if problems:
        raise DefinitionError("the pipeline definition is wrong:\n" + "\n".join(f"- {problem}" for problem in problems))


def _check_frame(definition: Mapping[str, Any]) -> Iterator[str]:
    if unknown := sorted(definition.keys() - MEMBERS):
        yield f"unknown members {', '.join(unknown)}"
    if definition.get("Version") != "2020-12-01":
        yield "the version is not 2020-12-01"
    for parameter in definition["Parameters"]:
        if parameter["Type"] not in PARAMETER_TYPES:
            yield f"parameter {parameter['Name']} has the unknown type {parameter['Type']}"
    for kind, named in (("parameter", definition["Parameters"]), ("step", list(expressions.steps(definition)))):
        names = [it["Name"] for it in named]
        for name in sorted(set(names)):
            if names.count(name) > 1:
                yield f"{kind} {name} is there {names.count(name)} times"
            if not _NAME.fullmatch(name):
                yield f"{kind} {name!r} is not a name: use up to 64 letters, digits and -"


def _check_order(definition: Mapping[str, Any]) -> Iterator[str]:
    graph = {step["Name"]: expressions.predecessors(step) for step in expressions.steps(definition)}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        yield f"steps wait for each other: {' -> '.join(error.args[1])}"


def _check_request(step: Step) -> Iterator[str]:
    if step["Type"] not in REQUESTS:
        return
    operation, name = REQUESTS[step["Type"]]
    shape = _service().operation_model(operation).input_shape
    assert shape is not None  # noqa: S101 - every create operation takes an input
    request = _stand_in(step["Arguments"], shape)
    if name:
        request = {name: "named-by-sagemaker", **request}
    report = ParamValidator().validate(request, shape)
    if report.has_errors():
        yield from report.generate_report().splitlines()
    yield from _check_values(request, shape, "")


def _check_values(value: Any, shape: Shape | None, where: str) -> Iterator[str]:
    """Enumerations, which botocore does not check."""
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        for name, member in value.items():
            yield from _check_values(member, shape.members.get(name), f"{where}.{name}")
    elif isinstance(shape, MapShape) and isinstance(value, Mapping):
        for name, member in value.items():
            yield from _check_values(member, shape.value, f"{where}.{name}")
    elif isinstance(shape, ListShape) and isinstance(value, list):
        for position, member in enumerate(value):
            yield from _check_values(member, shape.member, f"{where}[{position}]")
    elif isinstance(shape, StringShape) and shape.enum and isinstance(value, str) and value not in shape.enum:
        yield f"{where} is {value!r}, which {shape.name} does not know"


def _check_references(definition: Mapping[str, Any], by_name: Mapping[str, Step], step: Step) -> Iterator[str]:
    parameters = {parameter["Name"] for parameter in definition["Parameters"]}
    for name in step.get("DependsOn", []):
        if name not in by_name:
            yield f"it depends on {name}, which is no step"
    for target in expressions.references(step_checks.own(step)):
        head, _, rest = target.partition(".")
        name, _, path = rest.partition(".")
        known = {"Parameters": rest in parameters, "Execution": rest in EXECUTION, "Steps": name in by_name}
        if not known.get(head, False):
            yield f"{target} leads nowhere"
        elif head == "Steps" and not _has_property(by_name[name], path):
            yield f"{target} is not a property of step {name}"


def _has_property(step: Step, path: str) -> bool:
    head, _, rest = path.partition(".")
    if head == "PropertyFiles":
        return rest in {file["PropertyFileName"] for file in step.get("PropertyFiles", [])}
    answers = (_service().operation_model(it).output_shape for it in ANSWERS.get(step["Type"], ()))
    return any(_reaches(path, answer, step_checks.outputs(step)) for answer in answers)


def _reaches(path: str, shape: Shape | None, named: set[str]) -> bool:
    """Whether a path leads somewhere in an answer; members of lists are found by position, outputs by name too."""
    for member, key, index in _PART.findall(path):
        if member:
            shape = shape.members.get(member) if isinstance(shape, StructureShape) else None
        elif isinstance(shape, ListShape) and (index or key in named):
            shape = shape.member
        else:
            shape = None
    return shape is not None


def _stand_in(value: Any, shape: Shape | None) -> Any:
    """The value with each expression replaced by something of the type that its place asks for."""
    if expressions.is_expression(value):
        if isinstance(shape, StringShape) and shape.enum:
            return shape.enum[0]
        return _STAND_INS.get(shape.type_name, "s3://stand/in") if shape else value
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        return {name: _stand_in(member, shape.members.get(name)) for name, member in value.items()}
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {name: _stand_in(member, shape.value) for name, member in value.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_stand_in(member, shape.member) for member in value]
    return value


@cache
def _service() -> ServiceModel:
    return ServiceModel(Loader().load_service_model("sagemaker", "service-2"), "sagemaker")
