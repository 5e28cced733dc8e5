"""Lines of JSON, as batch transform sends and joins them: one instance a line, one prediction a line."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

LINES = "application/jsonlines"


def instances(body: str | bytes) -> list[Mapping[str, Any]]:
    """The instance on each line that is not blank. Beside features a line may hold whatever belongs to it, such as ids.

    Raises:
        ValueError: if a line is not an object, or there is none; names the line.
    """
    text = body.decode() if isinstance(body, bytes) else body
    found: list[Mapping[str, Any]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            found.append(_instance(line, number))
    if not found:
        raise ValueError("the request holds no line")
    return found


def answers(predictions: Sequence[Mapping[str, Any]], version: str) -> str:
    """One line per prediction, each with the model's version: lines are joined with their input one by one."""
    return "".join(f"{json.dumps({**it, 'model_version': version})}\n" for it in predictions)


def _instance(line: str, number: int) -> Mapping[str, Any]:
    def refuse(name: str) -> None:
        raise ValueError(f"line {number}: {name} is not JSON; send null for a missing value")

    document = json.loads(line, parse_constant=refuse)
    if not isinstance(document, dict):
        raise ValueError(f"line {number} is not an object")
    return document
