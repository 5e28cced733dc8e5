"""A synthesized stage as the tests look at it: templates by stack, resources by type, policies by role."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_cdk.assertions import Template

import app as composition
from stacks.application import Application

NOUNS = (
    "lake",
    "ingestion",
    "features",
    "training",
    "endpoint",
    "serving",
    "monitoring",
    "retraining",
    "observability",
)
Resource = dict[str, Any]


@dataclass(frozen=True)
class Synthesized:
    """The assembly of one use case and stage."""

    folder: Path
    prefix: str

    @cached_property
    def bodies(self) -> Mapping[str, dict[str, Any]]:
        """Template by the stack's noun."""
        return {noun: json.loads((self.folder / f"{self.prefix}-{noun}.template.json").read_text()) for noun in NOUNS}

    @cached_property
    def _templates(self) -> dict[str, Template]:
        return {}

    def template(self, noun: str) -> Template:
        """For assertions by type and properties."""
        if noun not in self._templates:
            self._templates[noun] = Template.from_json(self.bodies[noun])
        return self._templates[noun]

    def resources(self, noun: str, type_: str) -> list[Resource]:
        """Properties of every resource of a type in one stack."""
        found = [it["Properties"] for it in self.bodies[noun]["Resources"].values() if it["Type"] == type_]
        assert found, f"{noun} has no {type_}"
        return found

    def only(self, noun: str, type_: str) -> Resource:
        """Properties of the one resource of a type in one stack."""
        (found,) = self.resources(noun, type_)
        return found

    def everything(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Every resource: stack, logical id, whole resource."""
        for noun, body in self.bodies.items():
            for logical_id, resource in body["Resources"].items():
                yield noun, logical_id, resource

    def statements(self, noun: str, role: str = "") -> list[dict[str, Any]]:
        """Statements of the policies of one stack's roles whose logical id begins with ``role``."""
        found = [
            statement
            for logical_id, it in self.bodies[noun]["Resources"].items()
            if it["Type"] == "AWS::IAM::Policy" and logical_id.startswith(role)
            for statement in it["Properties"]["PolicyDocument"]["Statement"]
        ]
        assert found, f"{noun} has no policy of {role}"
        return found

    def actions(self, noun: str, role: str) -> set[str]:
        """Every action that a role's own policies allow."""
        return {action for statement in self.statements(noun, role) for action in listed(statement["Action"])}


def synthesize(folder: Path, **context: str) -> Synthesized:
    """Synthesize in this process: cdk-nag checks every stage, CDK's own linter production."""
    app = Application(context={"usecase": "fraud", **context}, outdir=str(folder), linted=context["stage"] == "prod")
    composition.build(app)
    app.synth()
    return Synthesized(folder, app.target.prefix)


def listed(value: Any) -> list[Any]:
    """IAM writes one of a kind without its list."""
    return value if isinstance(value, list) else [value]


def joined(value: Any) -> str:
    """A text with ``REFERENCE`` in place of every reference, such as a JSON document in a template."""
    parts = value["Fn::Join"][1] if isinstance(value, dict) else [value]
    return "".join(part if isinstance(part, str) else "REFERENCE" for part in parts)


def text(value: Any) -> str:
    """A value with its references, as text to search in."""
    return json.dumps(value, sort_keys=True)
