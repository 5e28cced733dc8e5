"""Where people are told: an encrypted topic that takes messages over TLS only."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct


class NotificationTopic(sns.Topic):
    """Subscribe a mail address, a chat or a pager to it by hand or by another stack."""

    def __init__(self, scope: Construct, id_: str, *, key: kms.IKey, display_name: str) -> None:
        # Rules that publish here would write into the policy of the key itself, which admits them already.
        named = kms.Key.from_key_arn(scope, f"{id_}Key", key.key_arn)
        super().__init__(scope, id_, master_key=named, enforce_ssl=True, display_name=display_name)
        self.add_to_resource_policy(
            iam.PolicyStatement(
                sid="RulesOfThisAccount",
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
                actions=["sns:Publish"],
                resources=[self.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
