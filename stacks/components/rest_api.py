"""The REST API: behind a firewall, with usage plans and keys; throttled, every request in the access log."""

import json

from aws_cdk import RemovalPolicy
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from constructs import Construct

from headrace.openapi.routes import paths
from headrace.usecase import Api
from stacks.components.acknowledgement import acknowledge, acknowledge_rule
from stacks.components.firewall import Firewall
from stacks.components.function import Function
from stacks.components.log import LogGroup
from stacks.components.request_tracing import RequestTracing
from stacks.components.usage_plans import UsagePlans
from stacks.target import Target

STAGE = "live"
_LOGGED = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "route": "$context.httpMethod $context.resourcePath",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "caller": "$context.identity.userArn",
    "key": "$context.identity.apiKeyId",
    "ip": "$context.identity.sourceIp",
    "error": "$context.error.message",
    "integrationError": "$context.integrationErrorMessage",
    "firewall": "$context.wafResponseCode",
}
_AUTHORIZATION = {
    "iam": apigateway.AuthorizationType.IAM,
    "cognito": apigateway.AuthorizationType.COGNITO,
    "api_key": apigateway.AuthorizationType.NONE,
}
_LOG_WRITES = (
    "logs:CreateLogGroup",
    "logs:CreateLogStream",
    "logs:DescribeLogGroups",
    "logs:DescribeLogStreams",
    "logs:FilterLogEvents",
    "logs:GetLogEvents",
    "logs:PutLogEvents",
)
"""What API Gateway checks for when an account's logging role is set."""

_CONTROLS = {
    "APIGWCacheEnabledAndEncrypted": "An answer depends on state that changes with every event: a kept one is wrong.",
    "APIGWSSLEnabled": "The backend is a function, which knows the gateway by its signature, not by a certificate.",
}
"""Rules of the packs of controls that do not fit this API, and why."""


class RestInferenceApi(apigateway.RestApi):
    """Every route of the use case's OpenAPI document, all answered by one function."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, function: Function, key: kms.IKey) -> None:
        api = target.usecase.api
        log = LogGroup(scope, f"{id_}AccessLog", key=key, retention_days=target.stage.log_retention_days)
        super().__init__(
            scope,
            id_,
            rest_api_name=target.prefix,
            description="Scores events",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            cloud_watch_role=False,
            deploy_options=_stage(api, log),
        )
        self._build_routes(target, function)
        self.deployment_stage.node.add_dependency(self._build_logging_role())
        Firewall(self, "Firewall", target=target, key=key, resource_arn=self.deployment_stage.stage_arn)
        plans = UsagePlans(self, "Plans", prefix=target.prefix, plans=api.plans, api=self)
        self.key_ids = plans.key_ids
        if api.trace_share:
            RequestTracing(
                self, "Tracing", service=f"{target.prefix}/{STAGE}", share=api.trace_share, name=target.prefix
            )
        self._acknowledge(api)

    @property
    def address(self) -> str:
        """Its URL."""
        return self.url

    def _build_routes(self, target: Target, function: Function) -> None:
        integration = apigateway.LambdaIntegration(function, allow_test_invoke=False)
        api, authorizer = target.usecase.api, self._authorizer(target.usecase.api)
        validator = self.add_request_validator("Requests", validate_request_body=True, validate_request_parameters=True)
        schema = apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT)
        model = self.add_model("Body", content_type="application/json", schema=schema)
        for path, ways in paths(target.usecase).items():
            resource = self.root.resource_for_path(path)
            for method in ways:
                models = {"application/json": model} if method == "post" else None
                resource.add_method(
                    method.upper(),
                    integration,
                    api_key_required=api.keyed,
                    authorization_type=_AUTHORIZATION[api.auth],
                    authorizer=authorizer,
                    authorization_scopes=list(api.scopes) or None,
                    request_validator=validator,
                    request_models=models,
                )
        self.add_gateway_response(
            "NoObject",
            type=apigateway.ResponseType.BAD_REQUEST_BODY,
            templates={"application/json": '{"error":{"field":null,"reason":$context.error.messageString}}'},
        )

    def _authorizer(self, api: Api) -> apigateway.CognitoUserPoolsAuthorizer | None:
        if api.user_pool_arn is None:
            return None
        pool = cognito.UserPool.from_user_pool_arn(self, "UserPool", api.user_pool_arn)
        return apigateway.CognitoUserPoolsAuthorizer(self, "Tokens", cognito_user_pools=[pool])

    def _build_logging_role(self) -> apigateway.CfnAccount:
        """One role for all REST APIs of the account, which no log is written without; it outlives this stack."""
        role = iam.Role(self, "LoggingRole", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        role.add_to_policy(iam.PolicyStatement(actions=list(_LOG_WRITES), resources=["*"]))
        acknowledge(role, {"AwsSolutions-IAM5[Resource::*]": "One role writes the logs of all APIs of the account."})
        account = apigateway.CfnAccount(self, "Logging", cloud_watch_role_arn=role.role_arn)
        account.node.add_dependency(role)
        for it in (role, *role.node.find_all()):
            if isinstance(it, iam.CfnRole | iam.CfnPolicy):
                it.apply_removal_policy(RemovalPolicy.RETAIN)
        account.apply_removal_policy(RemovalPolicy.RETAIN)
        return account

    def _acknowledge(self, api: Api) -> None:
        unlogged = "Execution logs would hold bodies, and so personal data; the access log is on."
        reasons = {"AwsSolutions-APIG6": unlogged}
        if api.auth != "cognito":
            reasons["AwsSolutions-COG4"] = "Callers sign their requests or have a key; there is no user pool."
        if api.auth == "api_key":
            reasons["AwsSolutions-APIG4"] = "The use case asks for keys of usage plans and nothing else."
        acknowledge(self, reasons)
        acknowledge_rule(self, "APIGWExecutionLoggingEnabled", unlogged)
        for rule, reason in _CONTROLS.items():
            acknowledge_rule(self, rule, reason)
        if not api.trace_share:
            acknowledge_rule(self, "APIGWXrayEnabled", "The use case asks for no traces of requests.")


def _stage(api: Api, log: LogGroup) -> apigateway.StageOptions:
    return apigateway.StageOptions(
        stage_name=STAGE,
        throttling_rate_limit=api.rate_per_s,
        throttling_burst_limit=api.burst,
        metrics_enabled=True,
        tracing_enabled=api.trace_share != 0,
        logging_level=apigateway.MethodLoggingLevel.OFF,
        access_log_destination=apigateway.LogGroupLogDestination(log),
        access_log_format=apigateway.AccessLogFormat.custom(json.dumps(_LOGGED)),
    )
