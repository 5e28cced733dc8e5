"""Who may call, in OpenAPI's words."""

from collections.abc import Mapping

from headrace.usecase import Api

_KEY = "apiKey"
_SCHEMES: Mapping[str, Mapping[str, object]] = {
    "iam": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "description": "AWS Signature Version 4, service `execute-api`.",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "jwt": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    "cognito": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A token of the user pool."},
    _KEY: {"type": "apiKey", "name": "x-api-key", "in": "header", "description": "The key of a usage plan."},
}


def _names(api: Api) -> list[str]:
    named: list[str] = [] if api.auth == "api_key" else [api.auth]
    return [*named, _KEY] if api.keyed else named


def security_schemes(api: Api) -> dict[str, object]:
    """The schemes that the API asks for."""
    return {name: dict(_SCHEMES[name]) for name in _names(api)}


def security(api: Api) -> list[dict[str, list[str]]]:
    """All of them at once."""
    return [{name: list(api.scopes) if name in ("jwt", "cognito") else [] for name in _names(api)}]
