"""Says beside a construct why a finding of cdk-nag is accepted. Version 3 matches each finding by its whole id."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct

CONTROL_PACKS = ("HIPAA.Security", "NIST.800.53.R5", "PCI.DSS.321")
"""What cdk-nag calls the packs that ask for controls, many of them by the same name."""


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings on a construct and its children.

    Args:
        construct: the resource that the finding is about.
        reasons: finding id, such as ``AwsSolutions-IAM5[Resource::*]``, to the reason for accepting it.
    """
    Validations.of(construct).acknowledge(*(Acknowledgment(id=id_, reason=reason) for id_, reason in reasons.items()))


def acknowledge_rule(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept a rule that the packs of controls share, on a construct and its children.

    Args:
        construct: the resource that breaks it.
        rule: its name without the pack's, such as ``S3DefaultEncryptionKMS``.
        reason: why it is broken.
    """
    acknowledge(construct, {f"{pack}-{rule}": reason for pack in CONTROL_PACKS})


def acknowledge_wildcard(role: IConstruct, resource: str, reason: str) -> None:
    """Accept one resource with a wildcard in a role's policy.

    Args:
        role: the role that got the grant.
        resource: the ARN as granted; a value of another stack must have been ``exported`` first.
        reason: why the wildcard is no wider than the need.
    """
    acknowledge(role, {f"AwsSolutions-IAM5[Resource::{_flat(Stack.of(role).resolve(resource))}]": reason})


def exported(construct: IConstruct, value: str) -> str:
    """A value of this construct's stack, such as its ARN, as other stacks import it."""
    return Stack.of(construct).export_value(value)


def _flat(value: object) -> str:
    """How cdk-nag writes an ARN with references in a finding's id."""
    match value:
        case str():
            return value.replace("${", "<").replace("}", ">")
        case {"Fn::Join": [str(separator), [*parts]]}:
            return separator.join(_flat(part) for part in parts)
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::ImportValue": name}:
            return _flat(name)
        case {"Ref": name}:
            return f"<{name}>"
    raise TypeError(f"cannot name {value!r} in a finding")
