"""Which share of a REST API's requests X-Ray traces; the functions behind it follow the API's choice."""

import hashlib

from aws_cdk import aws_xray as xray
from constructs import Construct

_LONGEST_NAME = 32
_PRIORITY = 1_000


class RequestTracing(Construct):
    """A sampling rule for one stage of one API."""

    def __init__(self, scope: Construct, id_: str, *, name: str, service: str, share: float) -> None:
        super().__init__(scope, id_)
        xray.CfnSamplingRule(
            self,
            "Rule",
            sampling_rule=xray.CfnSamplingRule.SamplingRuleProperty(
                rule_name=_short(name),
                version=1,
                priority=_PRIORITY,
                fixed_rate=share,
                reservoir_size=0,
                service_name=service,
                service_type="AWS::ApiGateway::Stage",
                host="*",
                http_method="*",
                url_path="*",
                resource_arn="*",
            ),
        )


def _short(name: str) -> str:
    """A name that X-Ray takes: a long one ends in a hash of itself."""
    if len(name) <= _LONGEST_NAME:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _LONGEST_NAME - len(digest) - 1]}-{digest}"
