"""The endpoints under ``/_headrace/``: what a driver of the loop needs and AWS has no API for."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

from local.clock import clock
from local.emulator import (
    flushing,
    idle,
    ministack_cloudformation,
    ministack_cloudwatch,
    ministack_firehose,
    outages,
    processes,
)
from local.emulator.kinesis_mapping import mappings
from local.emulator.ministack_core import MINISTACK_VERSION

PREFIX = "/_headrace/"
_FLUSH_LIMIT_S = 120.0


class _BadRequestError(Exception):
    """The request makes no sense."""


async def handle(method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Answer one request: status and JSON document."""
    routes: dict[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] = {
        ("GET", "health"): lambda _body: {"status": "ok", "ministack": MINISTACK_VERSION},
        ("GET", "clock"): lambda _body: _time(),
        ("POST", "clock"): _move_clock,
        ("POST", "flush"): lambda _body: _flush(),
        ("GET", "idle"): lambda _body: idle.report(),
        ("GET", "processes"): lambda _body: processes.report(),
        ("GET", "outages"): lambda _body: {"out": outages.names()},
        ("POST", "outages"): _put_outage,
        ("GET", "resources"): lambda _body: ministack_cloudformation.known_types(),
        ("GET", "inert"): lambda _body: ministack_cloudformation.inert_reasons(),
    }
    route = routes.get((method, path.removeprefix(PREFIX)))
    if route is None:
        return 404, {"error": f"{method} {path} does not exist", "routes": sorted(" ".join(key) for key in routes)}
    try:
        document = json.loads(body) if body else {}
        return 200, await asyncio.to_thread(route, document)
    except (_BadRequestError, ValueError) as exc:
        return 400, {"error": str(exc)}


def _time() -> dict[str, Any]:
    return {"now": clock.now(), "offset_s": clock.offset_s}


def _move_clock(document: dict[str, Any]) -> dict[str, Any]:
    """``{"advance_s": n}`` or ``{"set": epoch}``; alarms are evaluated before, or a jump would hide news, and after."""
    if len(document) != 1 or not document.keys() <= {"advance_s", "set"}:
        raise _BadRequestError('give either {"advance_s": seconds} or {"set": epoch seconds}')
    ministack_cloudwatch.evaluate_all()
    if "set" in document:
        clock.set(float(document["set"]))
    else:
        clock.advance(float(document["advance_s"]))
    ministack_cloudwatch.evaluate_all()
    return _time()


def _put_outage(document: dict[str, Any]) -> dict[str, Any]:
    """``{"service": name, "out": true or false}``; returns the services that are out."""
    if document.keys() != {"service", "out"} or not isinstance(document["out"], bool):
        raise _BadRequestError('give {"service": name, "out": true or false}')
    outages.put(str(document["service"]), out=document["out"])
    return {"out": outages.names()}


def _flush() -> dict[str, Any]:
    """Close batching windows and every buffer now; returns when the objects are written."""
    mappings.flush()
    flushing.run()
    stuck = ministack_firehose.flush(_FLUSH_LIMIT_S)
    return {"flushed": not stuck, "stuck": stuck}
