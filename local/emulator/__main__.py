"""``python -m local.emulator --port N``: the local AWS as one process on one loopback port.

``local.loop.Loop`` starts it; by hand it is useful for looking around with the AWS CLI
(``AWS_ENDPOINT_URL=http://127.0.0.1:N AWS_ACCESS_KEY_ID=000000000000 AWS_SECRET_ACCESS_KEY=test``).
"""

import argparse
import asyncio
import contextlib
import importlib
import logging
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from local.emulator import inert_types, lifecycle, ministack_core
from local.emulator.http_server import Server
from local.emulator.settings import Settings

_PARENT_CHECK_S = 1.0


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or Ctrl-C. Returns the exit code."""
    settings = _parse(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("local").setLevel(logging.INFO)
    os.environ["HEADRACE_STATE_DIR"] = str(settings.state_dir)
    os.environ["HEADRACE_ENDPOINT_URL"] = settings.endpoint_url
    try:
        ministack_core.configure(port=settings.port, enforce_iam=settings.enforce_iam, wait_scale=settings.wait_scale)
    except ministack_core.WrongVersionError as exc:
        print(f"error: {exc}", file=sys.stderr)  # noqa: T201  a start-up error of a command
        return 2
    try:
        asyncio.run(_serve(settings))
    finally:
        lifecycle.stop()
    return 0


def _parse(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(prog="python -m local.emulator", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, required=True, help="loopback port")
    parser.add_argument("--state-dir", type=Path, help="scratch directory (default: a new temporary one)")
    parser.add_argument("--enforce-iam", action="store_true", help="enforce execution-role policies")
    parser.add_argument("--wait-scale", type=float, default=1.0, help="factor on Step Functions waits")
    parser.add_argument("--end-with-parent", action="store_true", help="stop when the starting process is gone")
    options = parser.parse_args(arguments)
    state_dir = options.state_dir or Path(tempfile.mkdtemp(prefix="headrace-"))
    state_dir.mkdir(parents=True, exist_ok=True)
    return Settings(
        port=options.port,
        state_dir=state_dir.resolve(),
        enforce_iam=options.enforce_iam,
        wait_scale=options.wait_scale,
        end_with_parent=options.end_with_parent,
    )


async def _serve(settings: Settings) -> None:
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    parent = os.getppid()
    _install()
    ministack_core.start(loop)
    server = await _open(settings.port)
    logging.getLogger("local.emulator").info("ready on %s", settings.endpoint_url)
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _PARENT_CHECK_S)
        if settings.end_with_parent and os.getppid() != parent:
            stop.set()
    await server.stop()
    await asyncio.to_thread(lifecycle.stop)
    if settings.end_with_parent and os.getppid() != parent:
        shutil.rmtree(settings.state_dir, ignore_errors=True)  # else the starter takes the logs out first


def _install() -> None:
    """Patch ministack, let the other rooms register, and hand their registrations over."""
    from local.emulator import (  # noqa: PLC0415  these import ministack, which reads its settings on import
        kinesis_mapping,
        ministack_activity,
        ministack_api,
        ministack_cloudformation,
        ministack_cloudwatch,
        ministack_firehose,
        ministack_glue,
        ministack_iam,
        ministack_kinesis,
        ministack_lambda,
        ministack_metrics,
        ministack_schedules,
        ministack_secrets,
        ministack_services,
        ministack_shards,
        ministack_stack_events,
        ministack_states,
    )

    ministack_core.install_clock()
    ministack_iam.install()
    ministack_lambda.install()
    ministack_kinesis.install()
    ministack_shards.install()
    ministack_firehose.install()
    ministack_cloudwatch.install()
    ministack_cloudwatch.start(ministack_metrics.sample)
    ministack_api.install()
    ministack_states.install()
    ministack_glue.install()
    ministack_schedules.install()
    ministack_secrets.install()
    ministack_activity.install()
    ministack_stack_events.install()
    kinesis_mapping.mappings.start()
    inert_types.register()
    register = getattr(importlib.import_module("local.sagemaker"), "register", None)
    if register:
        register()
    ministack_services.install()
    ministack_cloudformation.install()


async def _open(port: int) -> Server:
    from local.emulator.gateway import application  # noqa: PLC0415  imports ministack

    server = Server(application)
    await server.start(port)
    return server


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
