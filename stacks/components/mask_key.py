"""The secret with which personal values are hashed before they reach the lake."""

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from stacks.components.acknowledgement import acknowledge, acknowledge_rule


class MaskKey(secretsmanager.Secret):
    """Made once by Secrets Manager and never shown. It is kept wherever the lake is kept: hashes need their key."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, keep_data: bool) -> None:
        # By ARN: a grant would otherwise name the reader in the policy of the key, which lies in an earlier stack.
        named = kms.Key.from_key_arn(scope, f"{id_}Encryption", key.key_arn)
        super().__init__(
            scope,
            id_,
            encryption_key=named,
            description="Key of the hash that masks personal values",
            generate_secret_string=secretsmanager.SecretStringGenerator(password_length=64, exclude_punctuation=True),
            removal_policy=RemovalPolicy.RETAIN if keep_data else RemovalPolicy.DESTROY,
        )
        self._key_arn = key.key_arn
        reason = "A new key would give every masked person a new identity and break all history."
        acknowledge(self, {"AwsSolutions-SMG4": reason})
        acknowledge_rule(self, "SecretsManagerRotationEnabled", reason)

    def grant_value_to(self, reader: iam.Role) -> None:
        """Let a role read the value.

        Secrets Manager decrypts with the reader's own rights, and CDK's ``grant_read`` leaves that right out for a key
        that is known by its ARN only.
        """
        reader.add_to_policy(
            iam.PolicyStatement(actions=["secretsmanager:GetSecretValue"], resources=[self.secret_arn])
        )
        reader.add_to_policy(
            iam.PolicyStatement(
                actions=["kms:Decrypt"],
                resources=[self._key_arn],
                conditions={
                    "StringEquals": {"kms:ViaService": f"secretsmanager.{Stack.of(self).region}.amazonaws.com"}
                },
            )
        )
