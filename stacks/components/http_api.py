"""The HTTP API: the cheaper and quicker way in; throttled, every request in the access log."""

import json

from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_apigatewayv2_authorizers as authorizers
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_kms as kms
from constructs import Construct

from headrace.openapi.routes import paths
from headrace.usecase import Api
from stacks.components.function import Function
from stacks.components.log import LogGroup
from stacks.target import Target

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


class HttpInferenceApi(apigateway.HttpApi):
    """Every route of the use case's OpenAPI document, all answered by one function."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, function: Function, key: kms.IKey) -> None:
        api = target.usecase.api
        super().__init__(
            scope,
            id_,
            api_name=target.prefix,
            description="Scores events",
            create_default_stage=False,
            default_authorizer=_authorizer(api),
            default_authorization_scopes=list(api.scopes) or None,
        )
        integration = integrations.HttpLambdaIntegration("Inference", function)
        for path, ways in paths(target.usecase).items():
            methods = [apigateway.HttpMethod[method.upper()] for method in ways]
            self.add_routes(path=path, methods=methods, integration=integration)
        self._build_stage(api, LogGroup(self, "AccessLog", key=key, retention_days=target.stage.log_retention_days))

    @property
    def key_ids(self) -> dict[str, str]:
        """An HTTP API has no keys."""
        return {}

    @property
    def address(self) -> str:
        """Its URL."""
        return self.api_endpoint

    def _build_stage(self, api: Api, log: LogGroup) -> None:
        stage = apigateway.HttpStage(
            self,
            "Stage",
            http_api=self,
            auto_deploy=True,
            detailed_metrics_enabled=True,
            throttle=apigateway.ThrottleSettings(rate_limit=api.rate_per_s, burst_limit=api.burst),
        )
        resource = stage.node.default_child
        if not isinstance(resource, apigateway.CfnStage):
            raise TypeError("the default child of a stage is its CloudFormation resource")
        resource.access_log_settings = apigateway.CfnStage.AccessLogSettingsProperty(
            destination_arn=log.log_group_arn, format=json.dumps(_LOGGED)
        )


def _authorizer(api: Api) -> apigateway.IHttpRouteAuthorizer:
    if api.auth == "iam":
        return authorizers.HttpIamAuthorizer()
    issuer = api.issuer or _issuer(api.user_pool_arn or "")
    return authorizers.HttpJwtAuthorizer("Tokens", issuer, jwt_audience=list(api.audience))


def _issuer(user_pool_arn: str) -> str:
    """The ``iss`` of a user pool's tokens."""
    region, pool = user_pool_arn.split(":")[3], user_pool_arn.rpartition("/")[2]
    return f"https://cognito-idp.{region}.amazonaws.com/{pool}"
