"""The secret with which personal values are hashed before they reach the lake."""

from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.components.acknowledgement import acknowledge


class MaskKey(secretsmanager.Secret):
    """Made once by Secrets Manager and never shown."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey) -> None:
        # By ARN: a grant would otherwise name the reader in the policy of the key, which lies in an earlier stack.
        named = kms.Key.from_key_arn(scope, f"{id_}Encryption", key.key_arn)
        super().__init__(
            scope,
            id_,
            encryption_key=named,
            description="Key of the hash that masks personal values",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
        )
        acknowledge(
            self,
            {"AwsSolutions-SMG4": "A new key would give every masked person a new identity and break all history."},
        )
