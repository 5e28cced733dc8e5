"""Says beside a construct why a finding of cdk-nag is accepted there. Version 3 matches each finding by its whole id."""

from collections.abc import Mapping

from aws_cdk import Acknowledgment, Stack, Validations
from constructs import IConstruct

KEY_GRANT = {
    "AwsSolutions-IAM5[Action::kms:GenerateDataKey*]": "CDK's grant covers the calls for a data key, on our one key.",
    "AwsSolutions-IAM5[Action::kms:ReEncrypt*]": "CDK's grant covers both halves of a re-encryption, on our one key.",
}
"""What the grants of encrypted buckets, streams, tables and queues add to a role."""


def acknowledge(construct: IConstruct, reasons: Mapping[str, str]) -> None:
    """Accept findings on a construct and its children.

    Args:
        construct: the resource that the finding is about.
        reasons: finding id, such as ``AwsSolutions-IAM5[Resource::*]``, to the reason for accepting it.
    """
    Validations.of(construct).acknowledge(*(Acknowledgment(id=id_, reason=reason) for id_, reason in reasons.items()))


def exported(construct: IConstruct, value: str) -> str:
    """How findings in other stacks write a value of this construct's stack, such as its ARN: by its export's name."""
    stack = Stack.of(construct)
    name: str = stack.resolve(stack.export_value(value))["Fn::ImportValue"]
    return name
