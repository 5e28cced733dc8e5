"""The inference API, as the use case asks for it: an HTTP API, or a REST API behind a firewall."""

from aws_cdk import aws_kms as kms
from constructs import Construct

from stacks.components.function import Function
from stacks.components.http_api import HttpInferenceApi
from stacks.components.rest_api import RestInferenceApi
from stacks.target import Target

InferenceApi = HttpInferenceApi | RestInferenceApi
"""Both have an ``address``, and the same metrics under the same methods."""


def inference_api(scope: Construct, id_: str, *, target: Target, function: Function, key: kms.IKey) -> InferenceApi:
    """Build the API.

    Args:
        scope: the stack.
        id_: the construct's id.
        target: whose API; ``target.usecase.api`` decides everything else.
        function: what answers.
        key: encrypts the access log.
    """
    kind = RestInferenceApi if target.usecase.api.kind == "rest" else HttpInferenceApi
    return kind(scope, id_, target=target, function=function, key=key)
