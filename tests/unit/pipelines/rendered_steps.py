"""Steps of a rendered definition, and what their jobs are told."""

from itertools import pairwise
from typing import Any

from pipelines.retraining import expressions


def steps(definition: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {step["Name"]: step for step in expressions.steps(definition)}


def joined(expression: dict[str, Any]) -> str:
    """A Std:Join with its references in angle brackets."""
    parts = [
        part if isinstance(part, str) else joined(part) if "Std:Join" in part else f"<{part['Get']}>"
        for part in expression["Std:Join"]["Values"]
    ]
    return str(expression["Std:Join"]["On"]).join(parts)


def arguments(definition: dict[str, Any], step: str) -> dict[str, Any]:
    found: dict[str, Any] = steps(definition)[step]["Arguments"]
    return found


def told(definition: dict[str, Any], option: str) -> list[str]:
    """Every value of an option that the evaluation gets."""
    words = arguments(definition, "Evaluate")["AppSpecification"]["ContainerArguments"]
    return [joined(value) for word, value in pairwise(words) if word == option]
