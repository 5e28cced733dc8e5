"""HTTP in and out: the JSON API, both ways to invoke, the Feature Store runtime, each with its own error shape."""

import json
import re
import urllib.parse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from local.sagemaker import shapes
from local.sagemaker.errors import ServiceError
from local.sagemaker.invocation import Invocation
from local.sagemaker.platform import Record
from local.sagemaker.service import SageMaker

_JSON_1_1 = "application/x-amz-json-1.1"
_JSON = "application/json"
_INVOCATION = re.compile(r"/endpoints/([^/]+)/(async-)?invocations")
_FEATURE_GROUP = re.compile(r"/FeatureGroup/([^/]+)")
_FEATURE_STORE = "sagemaker-featurestore-runtime"


@dataclass(frozen=True, kw_only=True)
class HttpRequest:
    """One HTTP request. Header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class HttpResponse:
    """One HTTP response. ``content-type`` is in lower case: ministack would replace it under its usual spelling."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def answer(sagemaker: SageMaker, request: HttpRequest) -> HttpResponse:
    """Answer any request that was signed for ``sagemaker``."""
    if "x-amz-target" in request.headers:
        return _control_plane(sagemaker, request)
    invocation = _INVOCATION.fullmatch(request.path)
    try:
        if invocation and request.method == "POST":
            invoke = _accept if invocation[2] else _invoke
            return invoke(sagemaker, urllib.parse.unquote(invocation[1]), request)
        return _feature_store(sagemaker, request)
    except ServiceError as exc:
        body = json.dumps({"Message": exc.message, **exc.extra}).encode()
        named = {} if exc.code.isdigit() else {"x-amzn-ErrorType": exc.code}
        return HttpResponse(status=exc.status, headers={"content-type": _JSON, **named}, body=body)


def _control_plane(sagemaker: SageMaker, request: HttpRequest) -> HttpResponse:
    operation = request.headers["x-amz-target"].rpartition(".")[2]
    headers = {"content-type": _JSON_1_1}
    try:
        result = sagemaker.call(operation, _document(request.body))
    except ServiceError as exc:
        body = json.dumps({"__type": exc.code, "message": exc.message, **exc.extra}).encode()
        return HttpResponse(status=exc.status, headers={**headers, "x-amzn-ErrorType": exc.code}, body=body)
    return HttpResponse(status=200, headers=headers, body=json.dumps(result).encode())


def _document(body: bytes) -> Record:
    try:
        document = json.loads(body or b"{}")
    except ValueError as exc:
        raise ServiceError("SerializationException", f"The request body is not JSON: {exc}") from exc
    if not isinstance(document, dict):
        raise ServiceError("SerializationException", "The request body is not a JSON object.")
    return {name: value for name, value in document.items() if value is not None}


def _invoke(sagemaker: SageMaker, endpoint: str, request: HttpRequest) -> HttpResponse:
    invoked = sagemaker.invocations.invoke(Invocation(endpoint=endpoint, body=request.body, headers=request.headers))
    return HttpResponse(status=200, headers=invoked.headers, body=invoked.body)


def _accept(sagemaker: SageMaker, endpoint: str, request: HttpRequest) -> HttpResponse:
    asked = Invocation(endpoint=endpoint, body=request.body, headers=request.headers)
    accepted = sagemaker.queued.accept(asked)
    body = json.dumps({"InferenceId": accepted.inference_id}).encode()
    return HttpResponse(status=202, headers={"content-type": _JSON, **accepted.headers}, body=body)


def _feature_store(sagemaker: SageMaker, request: HttpRequest) -> HttpResponse:
    records = sagemaker.records
    group = _FEATURE_GROUP.fullmatch(request.path)
    operations: Mapping[str, tuple[str, Callable[[Record], Record]]] = {
        "PUT": ("PutRecord", records.put),
        "GET": ("GetRecord", records.get),
        "DELETE": ("DeleteRecord", records.delete),
    }
    if group and request.method in operations:
        name, run = operations[request.method]
        document = {
            **_document(request.body),
            **_query(name, request.query),
            "FeatureGroupName": urllib.parse.unquote(group[1]),
        }
    elif request.method == "POST" and request.path == "/BatchGetRecord":
        name, run, document = "BatchGetRecord", records.batch_get, _document(request.body)
    else:
        raise ServiceError(
            "UnknownOperationException", f"{request.method} {request.path} is not executed by the local SageMaker."
        )
    _require_valid(name, document)
    result = shapes.project(name, run(document), service=_FEATURE_STORE)
    return HttpResponse(
        status=200,
        headers={"content-type": _JSON},
        body=json.dumps(result).encode() if name not in ("PutRecord", "DeleteRecord") else b"",
    )


def _require_valid(operation: str, document: Record) -> None:
    try:
        shapes.require_valid(operation, document, service=_FEATURE_STORE)
    except ServiceError as exc:
        raise ServiceError("ValidationError", exc.message) from exc


def _query(operation: str, query: Mapping[str, Sequence[str]]) -> Record:
    """Members of the request that travel in the query string."""
    shape = shapes.service_model(_FEATURE_STORE).operation_model(operation).input_shape
    found: Record = {}
    for name, member in (shape.members if shape is not None else {}).items():
        values = query.get(member.serialization.get("name", name))
        if member.serialization.get("location") == "querystring" and values:
            found[name] = list(values) if member.type_name == "list" else values[0]
    return found
