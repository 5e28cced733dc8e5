"""Role sessions and policy evaluation in ministack."""

import hashlib
import json
import re
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qs

from local.clients import ACCESS_KEY, SECRET_KEY
from local.emulator.ministack_core import ACCOUNT_ID, REGION, enforces_iam, module, scope

_PARTIQL = re.compile(r"\s*(?P<verb>SELECT|INSERT|UPDATE|DELETE)\b[^\"]*\"(?P<table>[^\"]+)\"", re.IGNORECASE)


def install() -> None:
    """Let policy evaluation see what AWS's sees: TLS, resource types, sources of events, PartiQL's actions."""
    _count_loopback_as_tls()
    actions = module("core.iam_actions")
    tags_of = actions.request_tag_context

    def context(service: str, action: str, body: Any, query: Any) -> dict[str, Any]:
        found: dict[str, Any] = tags_of(service, action, body, query)
        if service == "cloudformation":
            return found | _resource_types(body)
        return found | _event_sources(body) if action == "events:PutEvents" else found

    actions.request_tag_context = context
    transactions_of = actions.dynamodb_transaction_checks

    def checks(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = transactions_of(action, body, region, account)
        return found or _partiql_checks(action, body, region, account)

    actions.dynamodb_transaction_checks = checks


def _partiql_checks(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
    """A PartiQL statement is authorized as ``dynamodb:PartiQLInsert`` and the like, on its table."""
    if action not in ("dynamodb:ExecuteStatement", "dynamodb:BatchExecuteStatement"):
        return []
    request = json.loads(body)
    found = set()
    for statement in request.get("Statements") or [request]:
        match = _PARTIQL.match(statement.get("Statement", ""))
        if match:
            arn = f"arn:aws:dynamodb:{region}:{account}:table/{match['table']}"
            found.add((f"dynamodb:PartiQL{match['verb'].capitalize()}", arn))
    return sorted(found)


def _count_loopback_as_tls() -> None:
    """On AWS every call is TLS, and policies deny what is not, hops inside this process included."""
    evaluator = module("core.iam_evaluator")
    secured = ContextVar("request_origin", default=("127.0.0.1", True))
    evaluator._request_origin = secured
    evaluator.pin_request_origin = lambda source_ip, _secure: secured.set((source_ip, True))
    module("app").pin_request_origin = evaluator.pin_request_origin


def _resource_types(body: bytes | str) -> dict[str, list[str]]:
    """``cloudformation:ResourceTypes`` of a request in the query protocol."""
    form = parse_qs(body.decode() if isinstance(body, bytes) else body)
    types = [values[0] for name, values in form.items() if name.startswith("ResourceTypes.member.")]
    return {"cloudformation:resourcetypes": types} if types else {}


def _event_sources(body: bytes | str) -> dict[str, str]:
    """``events:source`` of the entries that are put on a bus; of several sources no single one is allowed."""
    sources = {str(entry.get("Source", "")) for entry in json.loads(body or "{}").get("Entries", [])}
    return {"events:source": " ".join(sorted(sources))} if sources else {}


def session(role_arn: str, name: str) -> dict[str, str]:
    """The credentials of a session of a role as environment variables; see ``roles.session``."""
    if not enforces_iam():
        return {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY, "AWS_SESSION_TOKEN": ""}
    digest = hashlib.sha256(f"{role_arn}#{name}".encode()).hexdigest()
    key = f"ASIA{digest[:16].upper()}"
    role = role_arn.rpartition("/")[2]
    record = {
        "Arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/{role}/{name[:64]}",
        "UserId": f"{role}:{name[:64]}",
        "SecretAccessKey": digest,
        "SessionToken": f"{digest}token",
    }
    module("services.sts").register_session(key, record)
    return {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": digest, "AWS_SESSION_TOKEN": f"{digest}token"}


def refused(role_arn: str, action: str, resource_arn: str, session_name: str) -> str:
    """The principal that may not do ``action``, or '' when it may."""
    key = session(role_arn, session_name)["AWS_ACCESS_KEY_ID"]
    with scope():
        refusal = module("core.iam_evaluator").enforce(
            key, action, action.partition(":")[0], REGION, resource_arn=resource_arn
        )
    if refusal is None:
        return ""
    return str(getattr(refusal, "principal_arn", "") or role_arn)
