"""What this process can do beyond ministack: services and CloudFormation resource types, added by name.

Other rooms add to it (`local.sagemaker.register()`); `ministack_services` and `ministack_cloudformation` read it and
make ministack route to it. A type that neither ministack nor this registry knows fails the deploy.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Request:
    """One AWS API request as a service sees it. Header names are lower-case."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    body: bytes
    access_key: str
    account: str
    region: str

    @property
    def operation(self) -> str:
        """The operation of a JSON-protocol request (``SageMaker.CreateModel`` -> ``CreateModel``), else ''."""
        return self.headers.get("x-amz-target", "").rpartition(".")[2]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; an empty body is an empty object."""
        document = json.loads(self.body or b"{}")
        return document if isinstance(document, dict) else {}


@dataclass(frozen=True, kw_only=True)
class Response:
    """What a service answers."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


def json_response(document: object, status: int = 200) -> Response:
    """An AWS JSON 1.1 answer; values that JSON does not know (dates) are written as strings."""
    body = json.dumps(document, default=str).encode()
    return Response(status=status, headers={"Content-Type": "application/x-amz-json-1.1"}, body=body)


def json_error(code: str, message: str, status: int = 400) -> Response:
    """An AWS JSON 1.1 error: boto3 raises ``code`` with ``message``."""
    answer = json_response({"__type": code, "message": message}, status)
    return Response(status=status, headers={**answer.headers, "x-amzn-ErrorType": code}, body=answer.body)


Handler = Callable[[Request], Response]
Authorize = Callable[[Request], Sequence[tuple[str, str]]]


@dataclass(frozen=True, kw_only=True)
class Service:
    """A service and how requests find it; see ``register_service``."""

    name: str
    handle: Handler
    targets: tuple[str, ...]
    credential_scopes: tuple[str, ...]
    sdk_name: str
    authorize: Authorize | None


class ResourceError(Exception):
    """Creating, updating or deleting a resource failed; the stack rolls back with this message."""


@dataclass(frozen=True, kw_only=True)
class ResourceContext:
    """Which resource of which stack a handler works on."""

    stack_name: str
    logical_id: str


@dataclass(frozen=True, kw_only=True)
class Created:
    """A resource that now exists: ``Ref`` gives the physical id, ``Fn::GetAtt`` the attributes."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


Properties = dict[str, Any]
Create = Callable[[ResourceContext, Properties], Created]
Update = Callable[[ResourceContext, str, Properties, Properties], Created]
Delete = Callable[[ResourceContext, str, Properties], None]


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One CloudFormation type. ``inert`` is the reason why nothing is executed for it, '' when something is."""

    name: str
    create: Create
    update: Update | None
    delete: Delete
    inert: str = ""


services: dict[str, Service] = {}
resource_types: dict[str, ResourceType] = {}


def register_service(
    name: str,
    handle: Handler,
    *,
    targets: Sequence[str] = (),
    credential_scopes: Sequence[str] = (),
    sdk_name: str = "",
    authorize: Authorize | None = None,
) -> None:
    """Add a service.

    Args:
        name: Its key in this process, usually the SigV4 signing name.
        handle: Answers one request; runs in a thread of its own, so it may block and may call this process again.
        targets: Prefixes of ``X-Amz-Target`` that belong to it (``"SageMaker."``).
        credential_scopes: Further SigV4 signing names that belong to it; ``name`` always does.
        sdk_name: Its name in Step Functions ``aws-sdk:`` tasks and in their error names (``"SageMaker"``), if it
            speaks the JSON protocol; states then call it as ``aws-sdk:sagemaker:startPipelineExecution``.
        authorize: The (action, resource ARN) pairs a request needs; checked against the caller's policies when the
            loop enforces IAM. Without it only the credentials are checked.
    """
    services[name] = Service(
        name=name,
        handle=handle,
        targets=tuple(targets),
        credential_scopes=(name, *credential_scopes),
        sdk_name=sdk_name,
        authorize=authorize,
    )


def _nothing(_context: ResourceContext, _physical_id: str, _properties: Properties) -> None:
    """Delete a resource that leaves nothing behind."""


def register_resource_type(
    name: str, *, create: Create, update: Update | None = None, delete: Delete | None = None
) -> None:
    """Add a CloudFormation resource type whose handlers do the real thing.

    Handlers run in a thread of their own and may block. Raise ``ResourceError`` to fail the resource. An ``update``
    that returns another physical id is a replacement: the old resource is deleted once the stack update succeeded.
    Without ``update``, every change is a replacement made by ``create``.
    """
    resource_types[name] = ResourceType(name=name, create=create, update=update, delete=delete or _nothing)


def register_inert_type(name: str, *, reason: str, ref: str = "", attributes: Mapping[str, str] | None = None) -> None:
    """Add a type that is recorded and does nothing.

    Args:
        name: The type.
        reason: Why nothing is executed, shown in ``GET /_headrace/resources`` and in the documentation.
        ref: Pattern of the physical id over the properties and ``stack`` and ``logical_id``; default a made-up name.
        attributes: Patterns of the ``Fn::GetAtt`` attributes, over the same and ``ref``.
    """

    def create(context: ResourceContext, properties: Properties) -> Created:
        names = {**properties, "stack": context.stack_name, "logical_id": context.logical_id}
        physical_id = (ref or "{stack}-{logical_id}").format(**names)
        values = {key: pattern.format(**names, ref=physical_id) for key, pattern in (attributes or {}).items()}
        return Created(physical_id=physical_id, attributes=values)

    def update(context: ResourceContext, _physical_id: str, _old: Properties, new: Properties) -> Created:
        return create(context, new)

    resource_types[name] = ResourceType(name=name, create=create, update=update, delete=_nothing, inert=reason)
