"""HTTP APIs at their loopback address: routes, signatures, the event a function gets."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from local_account import Account

SOURCE = """
import json

def handler(event, context):
    body = event.get("body")
    seen = {"path": event["rawPath"], "method": event["requestContext"]["http"]["method"], "body": body}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(seen)}
"""


@pytest.fixture(scope="module")
def api_url(account: Account) -> str:
    """An API with one route that wants IAM and one that is open."""
    function = account.function(SOURCE)
    route = {"Type": "AWS::ApiGatewayV2::Route"}
    shared = {"ApiId": {"Ref": "Api"}, "Target": {"Fn::Sub": "integrations/${Integration}"}}
    resources = {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "api", "ProtocolType": "HTTP"}},
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {
                "ApiId": {"Ref": "Api"},
                "IntegrationType": "AWS_PROXY",
                "IntegrationUri": function,
                "PayloadFormatVersion": "2.0",
            },
        },
        "Predict": {
            **route,
            "Properties": {**shared, "RouteKey": "POST /predict", "AuthorizationType": "AWS_IAM"},
        },
        "Health": {**route, "Properties": {**shared, "RouteKey": "GET /health"}},
        "Permission": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "Action": "lambda:InvokeFunction",
                "FunctionName": function,
                "Principal": "apigateway.amazonaws.com",
            },
        },
    }
    name = account.name("api")
    template = {"Resources": resources, "Outputs": {"Url": {"Value": {"Fn::GetAtt": ["Api", "ApiEndpoint"]}}}}
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName=name, TemplateBody=json.dumps(template))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    outputs = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return str(outputs[0]["OutputValue"])


def call(method: str, url: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, dict[str, object]]:
    """Status and JSON body of one request."""
    request = urllib.request.Request(url, data=body, headers=dict(headers), method=method)  # noqa: S310  loopback
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310  loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def user(account: Account, *actions: str) -> Credentials:
    """The access key of a new user who may do these actions."""
    iam, name = account.client("iam"), account.name("user")
    iam.create_user(UserName=name)
    if actions:
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def signed(credentials: Credentials, method: str, url: str, body: bytes) -> dict[str, str]:
    """Headers with a signature."""
    request = AWSRequest(method=method, url=url, data=body, headers={"Content-Type": "application/json"})
    SigV4Auth(credentials, "execute-api", "eu-west-1").add_auth(request)
    return dict(request.headers.items())


def test_an_open_route_answers_at_the_address_of_the_output(api_url: str) -> None:
    assert api_url.startswith("http://127.0.0.1:")
    assert call("GET", f"{api_url}/health", None, {}) == (200, {"path": "/health", "method": "GET", "body": None})


def test_a_signed_request_reaches_the_function_with_its_body(account: Account, api_url: str) -> None:
    url, body = f"{api_url}/predict", b'{"a": 1}'
    seen = {"path": "/predict", "method": "POST", "body": '{"a": 1}'}
    root = account.loop.session.get_credentials()
    assert call("POST", url, body, signed(root, "POST", url, body)) == (200, seen)
    assert call("POST", url, body, signed(user(account, "execute-api:Invoke"), "POST", url, body)) == (200, seen)


def test_whoever_may_not_invoke_is_refused(account: Account, api_url: str) -> None:
    url, body = f"{api_url}/predict", b'{"a": 1}'
    assert call("POST", url, body, {"Content-Type": "application/json"})[0] == 403
    assert call("POST", url, body, signed(user(account), "POST", url, body))[0] == 403
    allowed = signed(user(account, "execute-api:Invoke"), "POST", url, body)
    forged = {**allowed, "Authorization": allowed["Authorization"][:-4] + "0000"}
    assert call("POST", url, body, forged)[0] == 403
    assert call("POST", url, b'{"a": 2}', allowed)[0] == 403


def test_requests_are_counted_as_the_alarms_of_an_api_want_them(account: Account, api_url: str) -> None:
    call("GET", f"{api_url}/health", None, {})
    call("GET", f"{api_url}/nothing", None, {})
    now = account.loop.now()
    for name, least in (("Count", 2), ("4xx", 1), ("Latency", 0.001)):
        answer = account.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/ApiGateway",
            MetricName=name,
            Dimensions=[{"Name": "ApiId", "Value": api_url.rpartition("/")[2]}],
            StartTime=now - 600,
            EndTime=now + 60,
            Period=60,
            Statistics=["Sum"],
        )
        assert sum(point["Sum"] for point in answer["Datapoints"]) >= least, name


def test_an_unknown_route_is_not_found(api_url: str) -> None:
    assert call("GET", f"{api_url}/nothing", None, {})[0] == 404
