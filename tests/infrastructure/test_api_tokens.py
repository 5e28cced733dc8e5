"""Who may call the API: keys, a pool of users, tokens of another issuer; nag on each."""

from collections.abc import Callable

import pytest
from api_stack import PLANS, Resources, application, of, one
from aws_cdk import Stack
from aws_cdk import aws_kms as kms
from aws_cdk.assertions import Template

from headrace.usecase import Api
from lambdas.shared.settings import EnvSettings
from stacks.components.api import inference_api
from stacks.components.function import Function

POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC"
Synth = Callable[[Api], Resources]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    """The resources of a stack that holds the API and a function, under nag."""

    def build(api: Api) -> Resources:
        app = application(api, tmp_path_factory.mktemp("api"))
        stack = Stack(app, "alone")
        key = kms.Key(stack, "Key", enable_key_rotation=True)
        settings = EnvSettings(usecase="fraud", stage="prod")
        function = Function(
            stack,
            "F",
            folder="inference",
            description="F",
            target=app.target,
            settings=settings,
            key=key,
            timeout_s=1,
            traced=False,
        )
        inference_api(stack, "Api", target=app.target, function=function, key=key)
        app.synth()
        found: Resources = Template.from_stack(stack).to_json()["Resources"]
        return found

    return build


def test_keys_alone_may_be_the_way_in_and_a_firewall_needs_no_limit(alone: Synth) -> None:
    found = alone(Api(kind="rest", auth="api_key", plans=PLANS[:1], trace_share=0.0))
    methods = of(found, "AWS::ApiGateway::Method")
    assert {(it["AuthorizationType"], it["ApiKeyRequired"]) for it in methods} == {("NONE", True)}
    assert len(one(found, "AWS::WAFv2::WebACL")["Rules"]) == 3
    assert one(found, "AWS::ApiGateway::Stage")["TracingEnabled"] is False
    assert not of(found, "AWS::XRay::SamplingRule")


def test_a_user_pool_guards_a_rest_api(alone: Synth) -> None:
    found = alone(Api(kind="rest", auth="cognito", user_pool_arn=POOL, scopes=("headrace/predict",)))
    methods = of(found, "AWS::ApiGateway::Method")
    assert {it["AuthorizationType"] for it in methods} == {"COGNITO_USER_POOLS"}
    assert {tuple(it["AuthorizationScopes"]) for it in methods} == {("headrace/predict",)}
    assert one(found, "AWS::ApiGateway::Authorizer")["ProviderARNs"] == [POOL]


@pytest.mark.parametrize(
    ("api", "issuer", "audience"),
    [
        (
            Api(auth="jwt", issuer="https://issuer.example", audience=("a", "b"), scopes=("predict",)),
            "https://issuer.example",
            ["a", "b"],
        ),
        (
            Api(auth="cognito", user_pool_arn=POOL, audience=("client",), scopes=("predict",)),
            "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbC",
            ["client"],
        ),
    ],
    ids=["jwt", "cognito"],
)
def test_tokens_guard_an_http_api(alone: Synth, api: Api, issuer: str, audience: list[str]) -> None:
    found = alone(api)
    authorizer = one(found, "AWS::ApiGatewayV2::Authorizer")
    assert authorizer["AuthorizerType"] == "JWT"
    assert authorizer["JwtConfiguration"] == {"Audience": audience, "Issuer": issuer}
    assert one(found, "AWS::Lambda::Function")["TracingConfig"] == {"Mode": "PassThrough"}
    routes = of(found, "AWS::ApiGatewayV2::Route")
    assert {(it["AuthorizationType"], tuple(it["AuthorizationScopes"])) for it in routes} == {("JWT", ("predict",))}
