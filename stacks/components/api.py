"""The HTTP API: signed requests only, throttled, every request in the access log."""

import json

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.function import Function
from stacks.components.log import LogGroup

RATE_PER_S, BURST = 2_000, 1_000
"""Well inside the account's quota of 10,000 per second, which all its APIs share."""
_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "caller": "$context.identity.userArn",
    "ip": "$context.identity.sourceIp",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
}


class InferenceApi(apigateway.HttpApi):
    """``POST /predict`` and ``GET /health``, both answered by one function."""

    def __init__(
        self, scope: Construct, id_: str, *, name: str, function: Function, key: kms.IKey, log_retention_days: int
    ) -> None:
        super().__init__(
            scope,
            id_,
            api_name=name,
            description="Scores events",
            create_default_stage=False,
            default_authorizer=authorizers.HttpIamAuthorizer(),
        )
        integration = integrations.HttpLambdaIntegration("Inference", function)
        self.add_routes(path="/predict", methods=[apigateway.HttpMethod.POST], integration=integration)
        self.add_routes(path="/health", methods=[apigateway.HttpMethod.GET], integration=integration)
        log = LogGroup(self, "AccessLog", key=key, retention_days=log_retention_days)
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self,
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(rate_limit=RATE_PER_S, burst_limit=BURST),
        )
        resource = stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):
            raise TypeError("the default child of a stage is its CloudFormation resource")
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(_LOGGED)
        )
