"""What in a template makes an AWS service act under a role: the questions that rows of carried rights ask."""

import json
from collections.abc import Callable, Iterator

from role_grants import ACCOUNT, Grant, Role, Roles

Cause = Callable[[Roles, Role, Grant], bool]


def users(roles: Roles, role: Role, kind: str) -> Iterator[str]:
    """The properties, as text with names put in, of every resource of a type that names the role or its function."""
    own = {role.arn, *_functions(roles, role)}
    for text in texts(roles, kind):
        if any(f"{name}{end}" in text for name in own for end in ('"', '\\"')):
            yield text


def texts(roles: Roles, kind: str) -> Iterator[str]:
    """The properties of every resource of a type, as text with names put in."""
    for noun, body in roles.bodies.items():
        for it in body["Resources"].values():
            if it["Type"] == kind:
                yield json.dumps(roles.resolve(noun, it.get("Properties", {})))


def _functions(roles: Roles, role: Role) -> Iterator[str]:
    for logical_id, it in roles.bodies[role.noun]["Resources"].items():
        mine = it["Type"] == "AWS::Lambda::Function" and roles.resolve(role.noun, it["Properties"]["Role"]) == role.arn
        if mine:
            yield f'"{roles.resolve(role.noun, {"Ref": logical_id})}'


def used(kind: str, *words: str) -> Cause:
    """A resource of the type uses the role, and says all of these words."""
    return lambda roles, role, _: any(all(word in text for word in words) for text in users(roles, role, kind))


def naming(kind: str, word: str = "{}") -> Cause:
    """A resource of the type uses the role and names the grant's resource, as ``word`` has it."""

    def cause(roles: Roles, role: Role, grant: Grant) -> bool:
        wanted = word.format(_name(grant))
        return any(wanted in text for text in users(roles, role, kind))

    return cause


def called_via(kind: str) -> Cause:
    """CloudFormation calls for a resource of the type in the endpoint's stack, and nobody else may."""

    def cause(roles: Roles, _role: Role, grant: Grant) -> bool:
        types = {it["Type"] for it in roles.bodies["endpoint"]["Resources"].values()}
        return "aws:CalledVia" in grant.conditions and kind in types

    return cause


def versions(_roles: Roles, _role: Role, grant: Grant) -> bool:
    """The versions of a function that the role may call anyway."""
    return grant.resource.endswith(":*")


def either(*causes: Cause) -> Cause:
    """One of them holds."""
    return lambda roles, role, grant: any(cause(roles, role, grant) for cause in causes)


def _name(grant: Grant) -> str:
    """A queue or stream by its ARN, objects by their folder, a listing by what is listed, a log group by its name."""
    if "s3:prefix" in grant.conditions:
        (folder,) = json.loads(grant.conditions)["StringLike"]["s3:prefix"]
        return str(folder).removesuffix("*")
    if grant.resource.startswith("arn:aws:s3:::") and "/" in grant.resource:
        return grant.resource.partition("/")[2].removesuffix("*")
    if ":log-group:" in grant.resource:
        return grant.resource.partition(":log-group:")[2].removesuffix(":*")
    if ":glue:" in grant.resource:
        return grant.resource.rpartition("/")[2].replace(f"arn:aws:glue:eu-west-1:{ACCOUNT}:catalog", "DatabaseName")
    return grant.resource.removesuffix(":*")
