"""CloudFormation types that are accepted and recorded, with the reason why nothing is executed for them.

Nobody may take a recorded resource for an executed one: `GET /_headrace/resources` and the table in
docs/local-cloud.md tell them apart, and the templates' own tests assert what matters about these resources.
"""

from local.emulator import registry

_ARN = "arn:aws:{service}:eu-west-1:000000000000:"

# Types that ministack itself accepts but only stores.
RECORDED_BY_MINISTACK = {
    "AWS::CDK::Metadata": "describes the synthesis, not a resource",
    "AWS::CloudWatch::Dashboard": "the definition is stored and readable; nothing draws it",
    "AWS::Glue::Crawler": "the definition is stored; partitions are projected, nothing crawls",
    "AWS::Glue::Trigger": "the definition is stored; nothing is triggered",
    "AWS::Logs::ResourcePolicy": "the policy is stored; log delivery is not authorized locally",
    "AWS::WAFv2::WebACL": "the rules are stored; requests are not inspected",
}


def register() -> None:
    """Add the inert types."""
    scaling = "capacity is one local process; scaling is asserted on the template"
    registry.register_inert_type(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        reason=scaling,
        ref="{ResourceId}|{ScalableDimension}|{ServiceNamespace}",
        attributes={"Id": "{ref}"},
    )
    policy = _ARN.format(service="autoscaling") + "scalingPolicy:{stack}:{logical_id}"
    registry.register_inert_type(
        "AWS::ApplicationAutoScaling::ScalingPolicy", reason=scaling, ref=policy, attributes={"Arn": "{ref}"}
    )
    registry.register_inert_type(
        "AWS::Logs::QueryDefinition",
        reason="saved queries belong to the console",
        attributes={"QueryDefinitionId": "{ref}"},
    )
    registry.register_inert_type(
        "AWS::WAFv2::WebACLAssociation", reason="requests are not inspected", ref="{WebACLArn}|{ResourceArn}"
    )
    for kind in ("IPSet", "RegexPatternSet", "RuleGroup"):
        arn = _ARN.format(service="wafv2") + f"regional/{kind.lower()}/{{logical_id}}"
        registry.register_inert_type(
            f"AWS::WAFv2::{kind}", reason="requests are not inspected", attributes={"Arn": arn, "Id": "{logical_id}"}
        )
    registry.register_inert_type(
        "AWS::WAFv2::LoggingConfiguration", reason="requests are not inspected", ref="{ResourceArn}"
    )
    registry.register_inert_type(
        "AWS::Glue::SecurityConfiguration", reason="nothing is encrypted locally", ref="{Name}"
    )
    registry.register_inert_type("AWS::Budgets::Budget", reason="nothing costs money locally")
    registry.register_inert_type(
        "AWS::CloudTrail::Trail",
        reason="calls are not recorded",
        attributes={"Arn": _ARN.format(service="cloudtrail") + "trail/{ref}"},
    )
    registry.register_inert_type(
        "AWS::LakeFormation::PrincipalPermissions", reason="the catalog is not permissioned locally"
    )
    registry.register_inert_type(
        "AWS::XRay::SamplingRule",
        reason="nothing is traced",
        attributes={"RuleARN": _ARN.format(service="xray") + "sampling-rule/{ref}"},
    )
