"""Evaluates the expressions of a pipeline definition: Get, Std:Join, Std:JsonGet, and the conditions."""

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from jsonpath_ng.exceptions import JsonPathLexerError, JsonPathParserError
from jsonpath_ng.parser import parse as parse_json_path

from local.sagemaker.errors import JobFailedError
from local.sagemaker.platform import Record

_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_PATH = re.compile(r"\.?([A-Za-z0-9_]+)|\[['\"]([^'\"]+)['\"]\]|\[(\d+)\]")


@dataclass(kw_only=True)
class Scope:
    """What expressions can refer to while a pipeline runs.

    ``properties`` holds the Describe answer of every step that ended, ``property_files`` parsed JSON by step and name.
    """

    parameters: Mapping[str, Any]
    execution: Mapping[str, Any]
    properties: dict[str, Record] = field(default_factory=dict)
    property_files: dict[tuple[str, str], Any] = field(default_factory=dict)
    read_json: Callable[[str], Any]

    def resolve(self, value: Any) -> Any:
        """The value with every expression in it replaced.

        Raises:
            JobFailedError: if one refers to something that is not there.
        """
        if isinstance(value, list):
            return [self.resolve(item) for item in value]
        if not isinstance(value, dict):
            return value
        if set(value) == {"Get"}:
            return self._get(value["Get"])
        if set(value) == {"Std:Join"}:
            join = value["Std:Join"]
            return join["On"].join(_text(self.resolve(item)) for item in join["Values"])
        if set(value) == {"Std:JsonGet"}:
            return self._json_get(value["Std:JsonGet"])
        return {name: self.resolve(item) for name, item in value.items()}

    def holds(self, condition: Record) -> bool:
        """Whether a condition of a ConditionStep is met.

        Raises:
            JobFailedError: for values that cannot be compared or an unknown type of condition.
        """
        kind = condition["Type"]
        if kind in _COMPARE:
            return self._compare(kind, condition)
        if kind == "In":
            return self.resolve(condition["QueryValue"]) in [self.resolve(item) for item in condition["Values"]]
        if kind == "Not":
            return not self.holds(condition.get("Condition") or condition["Expression"])
        if kind == "Or":
            return any([self.holds(item) for item in condition["Conditions"]])
        raise JobFailedError(f"ClientError: unknown condition type {kind}")

    def _compare(self, kind: str, condition: Record) -> bool:
        left, right = self.resolve(condition["LeftValue"]), self.resolve(condition["RightValue"])
        try:
            return _COMPARE[kind](left, right)
        except TypeError as exc:
            raise JobFailedError(f"ClientError: {kind} cannot compare {left!r} with {right!r}") from exc

    def _get(self, path: str) -> Any:
        head, _, rest = path.partition(".")
        if head == "Parameters":
            return self._member(self.parameters, rest, path)
        if head == "Execution":
            return self._member(self.execution, rest, path)
        step, _, attribute = rest.partition(".")
        found: Any = self._member(self.properties, step, path)
        for name, key, index in _PATH.findall(attribute):
            found = self._member(found, int(index) if index else name or key, path)
        return found

    @staticmethod
    def _member(container: Any, key: str | int, path: str) -> Any:
        if isinstance(container, list) and isinstance(key, str):
            # Outputs and the like are lists in the API and are addressed by name in a pipeline.
            container = {item.get("OutputName", item.get("ChannelName")): item for item in container}
        try:
            return container[key]
        except (KeyError, IndexError, TypeError) as exc:
            raise JobFailedError(f"ClientError: {path} has no value") from exc

    def _json_get(self, arguments: Record) -> Any:
        if "PropertyFile" in arguments:
            _, step, _, name = arguments["PropertyFile"]["Get"].split(".")
            if (step, name) not in self.property_files:
                raise JobFailedError(f"ClientError: step {step} wrote no property file {name}")
            document = self.property_files[step, name]
        else:
            document = self.read_json(self.resolve(arguments["S3Uri"]))
        try:
            matches = parse_json_path(arguments["Path"]).find(document)
        except (JsonPathLexerError, JsonPathParserError) as exc:
            raise JobFailedError(f"ClientError: invalid JSON path {arguments['Path']!r}: {exc}") from exc
        if len(matches) != 1:
            raise JobFailedError(f"ClientError: JSON path {arguments['Path']!r} matches {len(matches)} values, not one")
        return matches[0].value


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
