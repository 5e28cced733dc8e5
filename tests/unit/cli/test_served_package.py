"""Which registered model answers: asked of the endpoint, because a run may have trained and promoted another one."""

from typing import Any

import pytest
from trial_world import ARTIFACTS, Service

import usecases
from cli.deployment import Deployment
from cli.registered import served

PACKAGE = next(iter(ARTIFACTS))


class _Session:
    region_name = "eu-west-1"


@pytest.mark.parametrize(
    ("container", "package"),
    [
        ({"PrimaryContainer": {"ModelPackageName": PACKAGE}}, PACKAGE),
        ({"PrimaryContainer": {"Image": "image", "Mode": "MultiModel"}}, ""),
        ({"Containers": [{"Image": "image"}]}, ""),
    ],
    ids=["one", "many models", "a chain"],
)
def test_the_package_of_the_first_variant_of_what_is_in_force_answers(container: dict[str, Any], package: str) -> None:
    asked: list[object] = []

    def answer(reply: dict[str, Any]) -> Any:
        return lambda request: asked.append(request) or reply

    made = Deployment(usecases.load("fraud"), "local", {}, _Session())
    made.__dict__["sagemaker"] = Service(
        "sagemaker",
        describe_endpoint=answer({"EndpointConfigName": "newest"}),
        describe_endpoint_config=answer({"ProductionVariants": [{"VariantName": "AllTraffic", "ModelName": "m2"}]}),
        describe_model=answer(container),
    )
    assert served(made, "fraud") == package
    assert asked == [{"EndpointName": "fraud"}, {"EndpointConfigName": "newest"}, {"ModelName": "m2"}]
