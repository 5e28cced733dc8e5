"""The packs of cdk-nag that every synthesis runs, and why the platform as a whole goes another way than some rules.

A rule that is answered by one resource is acknowledged beside that resource, by ``acknowledge_rule``. Those below are
facts about every stack; ``tests/infrastructure/test_packs.py`` finds each reason that no resource needs any more.
"""

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks

from stacks.components.acknowledgement import acknowledge_rule

PACKS = (AwsSolutionsChecks, HIPAASecurityChecks, NIST80053R5Checks, PCIDSS321Checks)
REASONS = {
    "CloudWatchAlarmAction": (
        "A rule of stack observability brings every alarm of this use case to the topic; "
        "an action in each alarm would close a circle of stacks (docs/decisions/0004)."
    ),
    "IAMNoInlinePolicy": (
        "Each policy is made for one role, goes with it and cannot be attached to another, as a managed one could."
    ),
    "LambdaConcurrency": (
        "One batch per shard, Firehose's buffers or a queue mapping's maximum bounds each of the others; "
        "callers drive inference alone, which has a share of its own where the stage gives shares out."
    ),
    "LambdaDLQ": (
        "It is read for asynchronous invocations only. Mappings of streams and queues have dead letters of their own, "
        "other callers wait for the answer; what native monitors announce is tried thrice and stays in the lake."
    ),
    "LambdaInsideVPC": (
        "Functions listen to nobody and call AWS's own APIs only, over TLS, under a role of their own; "
        "no private network has anything that they need."
    ),
    "S3BucketReplicationEnabled": (
        "Versions guard against loss by mistake; a copy elsewhere would keep what headrace erase has removed here, "
        "and may lie where the data must not go."
    ),
}
"""Rule, as all packs call it, to the reason."""


def enforce(app: App) -> None:
    """Let every pack look at every resource of the app when it is synthesized; one open finding stops it."""
    Validations.of(app).add_plugins(*(pack() for pack in PACKS))
    for rule, reason in REASONS.items():
        acknowledge_rule(app, rule, reason)
