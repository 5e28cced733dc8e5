"""The inference API as an OpenAPI 3.1 document, made from the use case, so that it cannot part ways with the code."""

from collections.abc import Mapping

from headrace.openapi.routes import paths
from headrace.openapi.schemas import schemas
from headrace.openapi.security import security, security_schemes
from headrace.usecase import UseCase

__all__ = ["document"]
_ABOUT = """{description}.

An answer depends on the event, on what was known of its entities, and on the model: asked again with the same
`{id}`, the API does nothing twice. While model or state cannot answer in time, a valid event is answered with the
decision `{fallback}`, `degraded` and the reason, never with a server error."""


def document(usecase: UseCase, *, url: str | None = None) -> Mapping[str, object]:
    """The OpenAPI document of a use case's API.

    Args:
        usecase: whose API it is.
        url: the API's address, where it is known.
    """
    about = _ABOUT.format(
        description=usecase.description, id=usecase.event.id, fallback=usecase.decision.fallback
    ).replace("\n", " ")
    return {
        "openapi": "3.1.0",
        "info": {"title": f"Headrace: {usecase.name}", "version": str(usecase.version), "description": about},
        **({"servers": [{"url": url}]} if url else {}),
        "security": security(usecase.api),
        "paths": paths(usecase),
        "components": {"schemas": schemas(usecase), "securitySchemes": security_schemes(usecase.api)},
    }
