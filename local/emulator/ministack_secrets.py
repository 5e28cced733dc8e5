"""Secrets of stacks by ARN: on AWS ``Ref`` of a secret is its ARN, in ministack it is its name.

Policies and functions that are given the ``Ref`` would otherwise hold a name where the request is for an ARN.
"""

from typing import Any

from local.emulator.ministack_core import module

_TYPE = "AWS::SecretsManager::Secret"
_Provisioned = tuple[str, dict[str, Any]]


def install() -> None:
    """Make the ARN the physical id of each secret that a stack makes, changes or deletes."""
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    named = handlers[_TYPE]

    def create(logical_id: str, properties: dict[str, Any], stack_name: str) -> _Provisioned:
        return _by_arn(named["create"](logical_id, properties, stack_name))

    def update(
        physical_id: str, old: dict[str, Any], new: dict[str, Any], stack_name: str, logical_id: str
    ) -> _Provisioned:
        return _by_arn(named["update"](_name(physical_id), old, new, stack_name, logical_id))

    def delete(physical_id: str, properties: dict[str, Any]) -> None:
        named["delete"](_name(physical_id), properties)

    handlers[_TYPE] = {**named, "create": create, "update": update, "delete": delete}


def _by_arn(provisioned: _Provisioned) -> _Provisioned:
    _, attributes = provisioned
    return str(attributes["Arn"]), attributes


def _name(arn: str) -> str:
    _, secret = module("services.secretsmanager")._resolve(arn)
    return str(secret["Name"]) if secret else arn
