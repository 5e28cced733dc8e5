"""What the synthesized templates let every role do: one grant per role, action and resource, with names put in.

References are resolved as CloudFormation would resolve them, but for the names that it would make up: those are the
logical ids without their digest, or what the scenarios of this folder call the thing.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from resource_names import ARNS, NAME_PROPERTIES, NAMES, REF_IS_ARN

ACCOUNT, REGION = "123456789012", "eu-west-1"
_DIGEST = re.compile(r"[0-9A-F]{8}$")


@dataclass(frozen=True)
class Grant:
    """One action on one resource; ``conditions`` as a hashable text."""

    action: str
    resource: str
    conditions: str = ""

    def statement(self) -> dict[str, Any]:
        """As a policy statement."""
        plain = {"Effect": "Allow", "Action": self.action, "Resource": self.resource}
        return {**plain, "Condition": json.loads(self.conditions)} if self.conditions else plain

    def __str__(self) -> str:
        return f"{self.action} on {self.resource} {self.conditions}".rstrip()


@dataclass(frozen=True)
class Role:
    """A role of one stack: who may assume it, and what it may do."""

    noun: str
    logical_id: str
    service: str
    grants: frozenset[Grant]

    @property
    def arn(self) -> str:
        """Its ARN, with the name that CloudFormation would make up."""
        return f"arn:aws:iam::{ACCOUNT}:role/{self.noun}-{plain(self.logical_id)}"

    def document(self) -> dict[str, Any]:
        """Its policy, with one statement per action and condition."""
        places: dict[tuple[str, str], list[str]] = {}
        for it in sorted(self.grants, key=str):
            places.setdefault((it.action, it.conditions), []).append(it.resource)
        statements = [
            {**Grant(action, "", conditions).statement(), "Resource": resources}
            for (action, conditions), resources in places.items()
        ]
        return {"Version": "2012-10-17", "Statement": statements}

    @property
    def name(self) -> str:
        """``stack/role``, without digest."""
        return f"{self.noun}/{plain(self.logical_id).removesuffix('Role')}"


@dataclass(frozen=True)
class Roles:
    """The roles of one assembly."""

    folder: Path
    prefix: str

    @cached_property
    def bodies(self) -> Mapping[str, dict[str, Any]]:
        """Template by the stack's noun."""
        found = sorted(self.folder.glob(f"{self.prefix}-*.template.json"))
        return {
            it.name.removeprefix(f"{self.prefix}-").removesuffix(".template.json"): json.loads(it.read_text())
            for it in found
        }

    @cached_property
    def _exports(self) -> Mapping[str, tuple[str, Any]]:
        """What stacks hand to each other: stack and value by name."""
        outputs = [(noun, it) for noun, body in self.bodies.items() for it in body.get("Outputs", {}).values()]
        return {it["Export"]["Name"]: (noun, it["Value"]) for noun, it in outputs if "Export" in it}

    @cached_property
    def all(self) -> Mapping[str, Role]:
        """Every role by its name."""
        roles = [role for noun in self.bodies for role in self._of(noun)]
        return {role.name: role for role in roles}

    def _of(self, noun: str) -> Iterator[Role]:
        resources = self.bodies[noun]["Resources"]
        for logical_id, it in resources.items():
            if it["Type"] == "AWS::IAM::Role":
                (trusted,) = it["Properties"]["AssumeRolePolicyDocument"]["Statement"]
                if "Service" not in trusted["Principal"]:
                    continue  # a role of people
                grants = frozenset(self._grants(noun, logical_id, it["Properties"]))
                yield Role(noun, logical_id, trusted["Principal"]["Service"], grants)

    def _grants(self, noun: str, logical_id: str, own: Mapping[str, Any]) -> Iterator[Grant]:
        documents = [it["PolicyDocument"] for it in own.get("Policies", [])]
        for it in self.bodies[noun]["Resources"].values():
            attached = [role.get("Ref") for role in it.get("Properties", {}).get("Roles", [])]
            # CDK puts into managed policies what has no room in a role's own.
            if it["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy") and logical_id in attached:
                documents.append(it["Properties"]["PolicyDocument"])
        for statement in (it for document in documents for it in document["Statement"]):
            assert statement["Effect"] == "Allow", "a role that needs a denial has too much in the first place"
            for condition in _apart(self.resolve(noun, statement.get("Condition", {}))):
                for action in listed(statement["Action"]):
                    for resource in listed(statement["Resource"]):
                        yield Grant(action, self.resolve(noun, resource), condition)

    def resolve(self, noun: str, value: Any) -> Any:
        """A value of a template with its references filled in."""
        if isinstance(value, list):
            return [self.resolve(noun, it) for it in value]
        if not isinstance(value, dict):
            return value
        found = value
        match value:
            case {"Ref": str(name)}:
                found = self._ref(noun, name)
            case {"Fn::GetAtt": [name, attribute]}:
                found = self._arn(noun, name) if attribute == "Arn" else f"{plain(name)}.{attribute}"
            case {"Fn::ImportValue": str(name)}:
                found = self.resolve(*self._exports[name])
            case {"Fn::Join": [between, parts]}:
                found = between.join(str(self.resolve(noun, it)) for it in parts)
            case {"Fn::Sub": str(text)}:
                found = re.sub(r"\$\{([^}]+)\}", lambda it: self._ref(noun, it[1]), text)
            case _:
                found = {key: self.resolve(noun, it) for key, it in value.items()}
        return found

    def _ref(self, noun: str, name: str) -> str:
        pseudo = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::StackName": noun}
        if name in pseudo:
            return pseudo[name]
        kind = self.bodies[noun]["Resources"].get(name, {}).get("Type", "")
        return self._arn(noun, name) if kind in REF_IS_ARN else self._name(noun, name)

    def _arn(self, noun: str, logical_id: str) -> str:
        shape = ARNS[self.bodies[noun]["Resources"][logical_id]["Type"]]
        name = self._name(noun, logical_id)
        return "arn:aws:" + shape.format(place=f"{REGION}:{ACCOUNT}", account=ACCOUNT, name=name)

    def _name(self, noun: str, logical_id: str) -> str:
        known = NAMES.get(plain(logical_id))
        properties = self.bodies[noun]["Resources"].get(logical_id, {}).get("Properties", {})
        given = next((properties[it] for it in NAME_PROPERTIES if isinstance(properties.get(it), str)), None)
        return known or given or f"{noun}-{plain(logical_id)}"


def _apart(condition: Mapping[str, Any]) -> list[str]:
    """A condition as text; one per folder that may be listed, so that each can be taken away."""
    folders = condition.get("StringLike", {}).get("s3:prefix")
    if folders is None:
        return [json.dumps(condition, sort_keys=True) if condition else ""]
    return [json.dumps({"StringLike": {"s3:prefix": [folder]}}) for folder in sorted(listed(folders))]


def plain(logical_id: str) -> str:
    """A logical id without CDK's digest."""
    return _DIGEST.sub("", logical_id)


def listed(value: Any) -> list[Any]:
    """IAM writes one of a kind without its list."""
    return value if isinstance(value, list) else [value]
