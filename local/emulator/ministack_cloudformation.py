"""Makes ministack's CloudFormation provision the registered resource types, and tells which types it knows."""

import logging
from collections.abc import Callable
from typing import Any

from local.emulator import registry
from local.emulator.inert_types import RECORDED_BY_MINISTACK
from local.emulator.ministack_core import module

_Provisioned = tuple[str, dict[str, Any]]
_logger = logging.getLogger(__name__)


def install() -> None:
    """Add every registered type. Call once, after the rooms have registered."""
    stacks = module("services.cloudformation.stacks")
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    for resource_type in registry.resource_types.values():
        handlers[resource_type.name] = _handlers(resource_type)
    blocking = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda name: name in registry.resource_types or blocking(name)


def _handlers(resource_type: registry.ResourceType) -> dict[str, Any]:
    def context(stack_name: str, logical_id: str) -> registry.ResourceContext:
        return registry.ResourceContext(stack_name=stack_name, logical_id=logical_id)

    def create(logical_id: str, properties: registry.Properties, stack_name: str) -> _Provisioned:
        return _provisioned(lambda: resource_type.create(context(stack_name, logical_id), properties))

    def update(
        physical_id: str, old: registry.Properties, new: registry.Properties, stack_name: str, logical_id: str
    ) -> _Provisioned:
        if resource_type.update is None:
            return create(logical_id, new, stack_name)
        change = resource_type.update
        return _provisioned(lambda: change(context(stack_name, logical_id), physical_id, old, new))

    def delete(physical_id: str, properties: registry.Properties, logical_id: str | None) -> None:
        resource_type.delete(context("", logical_id or ""), physical_id, properties)

    return {
        "create": create,
        "update": update,
        "update_with_logical_id": True,
        "delete": delete,
        "delete_with_logical_id": True,
    }


def _provisioned(handler: Callable[[], registry.Created]) -> _Provisioned:
    try:
        created = handler()
    except registry.ResourceError:
        raise  # the stack event has the message
    except Exception:
        _logger.exception("a resource handler failed in a way it does not foresee")
        raise
    return created.physical_id, dict(created.attributes)


def known_types() -> dict[str, str]:
    """Every type this process accepts: ``executed``, or ``inert`` when it is only recorded."""
    handlers = module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    inert = {*RECORDED_BY_MINISTACK, *(name for name, kind in registry.resource_types.items() if kind.inert)}
    return {name: "inert" if name in inert else "executed" for name in sorted(handlers)}


def inert_reasons() -> dict[str, str]:
    """Why each inert type is inert."""
    ours = {name: kind.inert for name, kind in registry.resource_types.items() if kind.inert}
    return dict(sorted({**RECORDED_BY_MINISTACK, **ours}.items()))
