"""The web application firewall before a REST API: AWS's own rules, a limit per address if asked for, and its log."""

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_wafv2 as waf
from constructs import Construct

from stacks.components.log import LogGroup
from stacks.target import Target

_BODY_SIZE = "SizeRestrictions_BODY"
"""AWS's rule against bodies above 8 KB, which events may exceed and batches do; the function has limits of its own."""

_SECRET_HEADERS = ("authorization", "x-api-key")
"""What admits a caller; the log names callers by address."""


class Firewall(Construct):
    """Rules, and what they stand before. What no rule blocks is let in."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, key: kms.IKey, resource_arn: str) -> None:
        super().__init__(scope, id_)
        api, name = target.usecase.api, target.prefix
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
        self._log(acl, target, key)

    def _log(self, acl: waf.CfnWebACL, target: Target, key: kms.IKey) -> None:
        """Every request that was looked at, without what admits its caller. WAF logs no bodies."""
        name = f"aws-waf-logs-{target.prefix}"  # WAF writes into groups of this prefix only
        log = LogGroup(self, "Log", key=key, retention_days=target.stage.log_retention_days, name=name)
        # The group's own attribute ends in the streams, which WAF refuses.
        arn = Stack.of(self).format_arn(
            service="logs", resource="log-group", resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
        )
        logging = waf.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[arn],
            redacted_fields=[
                waf.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
                for header in _SECRET_HEADERS
            ],
        )
        logging.node.add_dependency(log)


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
