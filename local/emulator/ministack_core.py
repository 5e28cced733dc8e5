"""The door to ministack: version check, settings, request scope, and the clock its services read.

ministack is a young project and we depend on its private functions, so it is pinned exactly and every module that
reaches into it is named ``ministack_*`` and goes through ``module()``.
"""

import asyncio
import importlib
import os
import sys
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from time import struct_time
from typing import Any, TypeVar

from local import clients
from local.clock import clock, iso_timestamp

MINISTACK_VERSION = "1.5.33"
ACCOUNT_ID, REGION = clients.ACCOUNT_ID, clients.REGION

# Services whose idea of "now" is simulated; the others (signatures, S3 dates) stay on the wall.
# Topics stamp what they put into queues, and a queue drops what looks older than it keeps messages.
_CLOCKED = ("kinesis", "firehose", "eventbridge", "scheduler", "cloudwatch", "sqs", "sns")
_WORKER_THREADS = 32
_SCHEDULE_TICK_S = 0.25  # the clock may jump; what is then due should not wait long
T = TypeVar("T")


class WrongVersionError(RuntimeError):
    """The installed ministack is not the one the patches were written for."""


class _InjectedTime:
    """Stands in for the ``time`` module inside a service: what asks for now gets the injected clock's."""

    @staticmethod
    def time() -> float:
        return clock.now()

    @staticmethod
    def gmtime(seconds: float | None = None) -> struct_time:
        return time.gmtime(clock.now() if seconds is None else seconds)

    def __getattr__(self, name: str) -> Any:
        return getattr(time, name)


def configure(*, port: int, enforce_iam: bool, wait_scale: float) -> None:
    """Set the environment that ministack reads when it is imported. Call before the first ``module()``.

    Raises:
        WrongVersionError: another version of ministack is installed, or none.
    """
    try:
        found = version("ministack")
    except PackageNotFoundError:
        found = "none"
    if found != MINISTACK_VERSION:
        raise WrongVersionError(f"local/ is written for ministack {MINISTACK_VERSION}, found {found}; run `make setup`")
    modules: dict[str, Any] = sys.modules
    modules["docker"] = None  # makes its import fail: no containers here
    os.environ.update(
        BIND_HOST="127.0.0.1",
        GATEWAY_PORT=str(port),
        MINISTACK_HOST="localhost",
        MINISTACK_REGION=REGION,
        MINISTACK_ACCOUNT_ID=ACCOUNT_ID,
        LAMBDA_EXECUTOR="local",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        PERSIST_STATE="0",
        S3_PERSIST="0",
        AWS_ACCESS_KEY_ID=clients.ACCESS_KEY,  # ministack takes the process's own key for the account's root
        AWS_SECRET_ACCESS_KEY=clients.SECRET_KEY,
        AUTH="true" if enforce_iam else "false",
        SFN_WAIT_SCALE=str(wait_scale),
        LOG_LEVEL="WARNING",
    )


def module(name: str) -> Any:
    """A ministack module by its dotted name below ``ministack``; typed ``Any`` because it has no stubs."""
    return importlib.import_module(f"ministack.{name}")


def enforces_iam() -> bool:
    """Whether execution-role policies are enforced in this process."""
    return bool(module("app").AUTH)


def install_clock() -> None:
    """Put the simulated services on the injected clock, Step Functions waits included."""
    for name in _CLOCKED:
        module(f"services.{name}").time = _InjectedTime()
    _install_event_time()
    step_functions = module("services.stepfunctions")
    scale = step_functions._SFN_WAIT_SCALE
    step_functions._scaled_sleep = lambda seconds: clock.sleep(max(0.0, seconds * scale))


def _install_event_time() -> None:
    """S3 stays on the wall, but what it tells EventBridge happened now."""
    events = module("services.eventbridge")
    dispatch = events._dispatch_event

    def on_the_clock(event: dict[str, Any], view: Any = None) -> None:
        now = {"Time": iso_timestamp(clock.now())} if event.get("Source") == "aws.s3" else {}
        dispatch({**event, **now}, view)

    events._dispatch_event = on_the_clock


def start(loop: asyncio.AbstractEventLoop) -> None:
    """What ministack's own start does and we need: its loop, its threads, its two schedulers. No docker sweep."""
    app = module("app")
    app._MAIN_LOOP = loop
    app._ready_scripts_state["status"] = "completed"
    loop.set_default_executor(ThreadPoolExecutor(_WORKER_THREADS, thread_name_prefix="emulator"))
    events, scheduler = module("services.eventbridge"), module("services.scheduler")
    events._SCHEDULER_TICK_INTERVAL = scheduler._SCHEDULE_TICK_INTERVAL = _SCHEDULE_TICK_S
    events.start_scheduler()
    scheduler.start_scheduler()


def on_loop(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a ministack handler from a worker thread on the serving loop and wait for its result."""
    return asyncio.run_coroutine_threadsafe(coroutine, module("app")._MAIN_LOOP).result()


@contextmanager
def scope(account: str = ACCOUNT_ID, region: str = REGION) -> Iterator[None]:
    """Act for an account and region on a thread that serves no request."""
    with module("core.responses").request_scope(account, region):
        yield
