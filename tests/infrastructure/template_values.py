"""Values of synthesized templates as CloudFormation would fill them in: references become names, URLs and ARNs."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from synthesized import Synthesized

ACCOUNT, REGION = "000000000000", "eu-west-1"
_PSEUDO = {"AWS::AccountId": ACCOUNT, "AWS::Region": REGION, "AWS::Partition": "aws", "AWS::URLSuffix": "amazonaws.com"}
_MACHINE, _QUEUE = "AWS::StepFunctions::StateMachine", "AWS::SQS::Queue"


@dataclass(frozen=True)
class Values:
    """One stack's template, with every reference in its properties filled in."""

    stage: Synthesized
    noun: str

    def of(self, type_: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Logical id and properties of every resource of a type."""
        for logical_id, it in self._resources.items():
            if it["Type"] == type_:
                yield logical_id, self.filled(it["Properties"])

    def only(self, type_: str) -> dict[str, Any]:
        """Properties of the one resource of a type."""
        ((_, found),) = self.of(type_)
        return found

    def arn(self, logical_id: str) -> str:
        """The ARN of a resource of this stack."""
        it = self._resources[logical_id]
        if it["Type"] == _MACHINE:
            return f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{it['Properties']['StateMachineName']}"
        service = it["Type"].split("::")[1].lower()
        return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{logical_id}"

    def filled(self, value: Any) -> Any:
        """A value without references."""
        if isinstance(value, list):
            return [self.filled(it) for it in value]
        if not isinstance(value, Mapping):
            return value
        name, given = next(iter(value.items()), ("", None))
        if len(value) == 1 and name in self._intrinsics:
            return self._intrinsics[name](given)
        return {name: self.filled(it) for name, it in value.items()}

    @property
    def _intrinsics(self) -> Mapping[str, Callable[[Any], str]]:
        return {
            "Ref": self._ref,
            "Fn::GetAtt": lambda given: self.arn(given[0]),
            "Fn::Join": lambda given: given[0].join(str(self.filled(part)) for part in given[1]),
            "Fn::ImportValue": lambda given: given.rpartition(":")[2],
            "Fn::Sub": lambda given: re.sub(r"\$\{([^}]+)\}", lambda found: _PSEUDO[found[1]], given),
        }

    def _ref(self, name: str) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        kind = self._resources[name]["Type"]
        if kind == _QUEUE:
            return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{name}"
        if kind == _MACHINE:
            return self.arn(name)
        return str(self._resources[name]["Properties"].get("TableName", name))

    @property
    def _resources(self) -> dict[str, Any]:
        found: dict[str, Any] = self.stage.bodies[self.noun]["Resources"]
        return found
