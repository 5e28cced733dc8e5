"""HTTP APIs at an address that resolves everywhere: a path on the loopback port instead of a subdomain of localhost."""

from collections.abc import Callable
from typing import Any

from local.emulator.ministack_core import module
from local.emulator.settings import endpoint_url


def install() -> None:
    """Give APIs made by CloudFormation their loopback address as ``ApiEndpoint``."""
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS["AWS::ApiGatewayV2::Api"]
    handlers["create"] = _addressed(handlers["create"])
    handlers["update"] = _addressed(handlers["update"])


def _addressed(handler: Callable[..., tuple[str, dict[str, Any]]]) -> Callable[..., tuple[str, dict[str, Any]]]:
    def addressed(*args: Any) -> tuple[str, dict[str, Any]]:
        api_id, attributes = handler(*args)
        address = f"{endpoint_url()}/_aws/execute-api/{api_id}"
        module("services.apigateway")._apis[api_id]["apiEndpoint"] = address
        return api_id, {**attributes, "ApiEndpoint": address}

    return addressed
