"""The web application firewall before a REST API: AWS's own rules, and a limit per address if asked for."""

from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from headrace.usecase import Api

_BODY_SIZE = "SizeRestrictions_BODY"
"""AWS's rule against bodies above 8 KB, which events may exceed and batches do; the function has limits of its own."""


class Firewall(Construct):
    """Rules, and what they stand before. What no rule blocks is let in."""

    def __init__(self, scope: Construct, id_: str, *, name: str, api: Api, resource_arn: str) -> None:
        super().__init__(scope, id_)
        rules = [
            _managed("AWSManagedRulesCommonRuleSet", 0, counted_only=(_BODY_SIZE,)),
            _managed("AWSManagedRulesKnownBadInputsRuleSet", 1),
            _managed("AWSManagedRulesAmazonIpReputationList", 2),
        ]
        if api.per_address is not None:
            rules.append(_per_address(api.per_address, 3))
        acl = waf.CfnWebACL(
            self,
            "Rules",
            scope="REGIONAL",
            default_action=waf.CfnWebACL.DefaultActionProperty(allow={}),
            visibility_config=_visible(name),
            rules=rules,
        )
        waf.CfnWebACLAssociation(self, "Association", resource_arn=resource_arn, web_acl_arn=acl.attr_arn)


def _managed(name: str, priority: int, counted_only: tuple[str, ...] = ()) -> waf.CfnWebACL.RuleProperty:
    group = waf.CfnWebACL.ManagedRuleGroupStatementProperty(
        vendor_name="AWS",
        name=name,
        rule_action_overrides=[
            waf.CfnWebACL.RuleActionOverrideProperty(
                name=rule, action_to_use=waf.CfnWebACL.RuleActionProperty(count={})
            )
            for rule in counted_only
        ]
        or None,
    )
    return waf.CfnWebACL.RuleProperty(
        name=name,
        priority=priority,
        override_action=waf.CfnWebACL.OverrideActionProperty(none={}),
        statement=waf.CfnWebACL.StatementProperty(managed_rule_group_statement=group),
        visibility_config=_visible(name),
    )


def _per_address(limit: int, priority: int) -> waf.CfnWebACL.RuleProperty:
    statement = waf.CfnWebACL.RateBasedStatementProperty(
        limit=limit, aggregate_key_type="IP", evaluation_window_sec=300
    )
    return waf.CfnWebACL.RuleProperty(
        name="PerAddress",
        priority=priority,
        action=waf.CfnWebACL.RuleActionProperty(block={}),
        statement=waf.CfnWebACL.StatementProperty(rate_based_statement=statement),
        visibility_config=_visible("PerAddress"),
    )


def _visible(name: str) -> waf.CfnWebACL.VisibilityConfigProperty:
    # Sampled requests would keep headers of callers; the counts are enough.
    return waf.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=name, sampled_requests_enabled=False
    )
