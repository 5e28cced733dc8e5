"""Makes ministack route to the registered services, from clients and from Step Functions alike."""

from typing import Any

from local.emulator import registry
from local.emulator.ministack_core import enforces_iam, module

_Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Route to every registered service. Call once, after the rooms have registered."""
    app, router, actions = module("app"), module("core.router"), module("core.iam_actions")
    states = module("services.stepfunctions")
    for service in registry.services.values():
        handler = _handler(service)
        app.SERVICE_REGISTRY[service.name] = {"module": service.name}
        actions.SERVICE_TO_IAM_NAMESPACE.pop(service.name, None)  # the service authorizes its requests itself
        for name in service.credential_scopes:
            app.SERVICE_HANDLERS[name] = handler
            router.SERVICE_PATTERNS[name] = {}
        router.SERVICE_PATTERNS[service.name] = {"target_prefixes": list(service.targets)}
        if service.sdk_name and service.targets:
            states._AWS_SDK_SERVICE_MAP[service.sdk_name.lower()] = {
                "target_prefix": service.targets[0].rstrip("."),
                "protocol": "json",
                "service_key": service.name,
            }
            states._AWS_SDK_ERROR_PREFIX[service.sdk_name.lower()] = service.sdk_name


def _handler(service: registry.Service) -> Any:
    run_reentrant = module("core.concurrency").run_reentrant

    async def handle(
        method: str, path: str, headers: dict[str, str], body: bytes | str, query: dict[str, list[str]]
    ) -> _Answer:
        request = _request(method, path, headers, body, query)
        denied = _denied(service, request)
        if denied:
            answer = registry.json_error("AccessDeniedException", denied)
        else:
            answer = await run_reentrant(service.handle, request, thread_name=f"service-{service.name}")
        return answer.status, dict(answer.headers), answer.body

    return handle


def _request(
    method: str, path: str, headers: dict[str, str], body: bytes | str, query: dict[str, list[str]]
) -> registry.Request:
    responses = module("core.responses")
    return registry.Request(
        method=method,
        path=path,
        headers=headers,
        query=query,
        body=body.encode() if isinstance(body, str) else body,
        access_key=module("core.router").extract_access_key_id(headers, query),
        account=responses.get_account_id(),
        region=responses.get_region(),
    )


def _denied(service: registry.Service, request: registry.Request) -> str:
    """Why the caller may not do this, or '' when it may (always, unless the loop enforces IAM)."""
    if not enforces_iam() or service.authorize is None:
        return ""
    enforce = module("core.iam_evaluator").enforce
    for action, resource_arn in service.authorize(request):
        refusal = enforce(request.access_key, action, service.name, request.region, resource_arn=resource_arn)
        if refusal is not None:
            principal = getattr(refusal, "principal_arn", "the caller")
            return f"User: {principal} is not authorized to perform: {action} on resource: {resource_arn}"
    return ""
