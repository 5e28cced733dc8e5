"""The whole loop around a block of code: start the emulator, deploy, hand out clients, end everything.

    with Loop(assembly=Path("cdk.out")) as loop:
        outputs = loop.deploy()
        loop.client("kinesis").put_records(...)
        loop.wait_idle()

Leaves no process and no port behind, whatever ends the block.
"""

import json
import time
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from local import clients
from local.admin import LoopError, admin_call
from local.deploy import Outputs, Report, deploy, silent
from local.emulator_process import EmulatorProcess

_POLL_S = 0.05
_LOOKS_AT_REST = 2  # an event on its way from one service to the next is in neither for a moment


class Loop:
    """A running local AWS with the stacks of an assembly in it."""

    region = clients.REGION

    def __init__(
        self,
        *,
        assembly: Path | None = None,
        log_dir: Path | None = None,
        enforce_iam: bool = True,
        wait_scale: float = 1.0,
    ) -> None:
        """Describe the loop; entering the context starts it.

        Args:
            assembly: The CDK cloud assembly that ``deploy()`` deploys.
            log_dir: Where ``emulator.log`` goes and, at the end, the logs of the Lambda functions and jobs; default the
                loop's scratch directory, which is removed at the end.
            enforce_iam: Whether execution-role policies are enforced.
            wait_scale: Factor on the waits of Step Functions, so that a poll every minute need not take minutes.
        """
        self.outputs: dict[str, Outputs] = {}
        self._assembly = assembly
        options = ["--wait-scale", str(wait_scale), *["--enforce-iam"] * enforce_iam]
        self._emulator = EmulatorProcess(log_dir, options)
        self.client = lru_cache(maxsize=None)(self._client)

    def __enter__(self) -> Self:
        """Start the emulator. Everything is ended again when that fails."""
        try:
            self._emulator.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End everything."""
        self.stop()

    @property
    def endpoint_url(self) -> str:
        """Where the local AWS listens."""
        return self._emulator.endpoint_url

    @property
    def state_dir(self) -> Path:
        """The loop's scratch directory."""
        return self._emulator.state_dir

    @property
    def log_path(self) -> Path:
        """The emulator's log; while it runs, Lambda logs lie in ``state_dir / "lambda" / "logs"``."""
        return self._emulator.log_path

    @property
    def pid(self) -> int:
        """The emulator's process id; 0 when it does not run."""
        return self._emulator.pid

    @property
    def session(self) -> boto3.Session:
        """Credentials and region for clients of one's own; they need ``endpoint_url``."""
        return clients.session()

    def deploy(self, report: Report = silent) -> dict[str, Outputs]:
        """Create or update the stacks of the assembly and return their outputs by stack name.

        Raises:
            LoopError: the loop was made without an assembly.
            AssemblyError: the assembly cannot be deployed here.
            DeployError: a stack failed; names the resource and the reason.
        """
        if self._assembly is None:
            raise LoopError("this loop has no assembly to deploy")
        self.outputs = deploy(self._assembly, self.endpoint_url, report)
        return self.outputs

    def _client(self, service: str) -> Any:
        """A boto3 client of this loop, made once per service."""
        return clients.client(service, self.endpoint_url)

    def output(self, stack_noun: str, key: str) -> str:
        """The output ``key`` of the stack whose name ends in ``stack_noun`` (``lake``, ``serving``, ...).

        Raises:
            LoopError: there is no such stack or output.
        """
        for name, outputs in self.outputs.items():
            if name.endswith(f"-{stack_noun}") and key in outputs:
                return outputs[key]
        raise LoopError(f"no stack {stack_noun!r} with an output {key!r}; there are {self.outputs}")

    def advance(self, seconds: float) -> float:
        """Let time pass on the injected clock; returns the new time in epoch seconds."""
        return float(self._admin("clock", {"advance_s": seconds})["now"])

    def now(self) -> float:
        """The injected clock in epoch seconds."""
        return float(self._admin("clock")["now"])

    def flush(self) -> None:
        """Close batching windows and write every Firehose buffer to S3 now.

        Raises:
            LoopError: a delivery stream could not write.
        """
        answer = self._admin("flush", {})
        if not answer["flushed"]:
            raise LoopError(f"delivery streams could not write: {answer['stuck']}; see {self.log_path}")

    def idle(self) -> dict[str, Any]:
        """Who still has work; see ``GET /_headrace/idle``."""
        return self._admin("idle")

    def resources(self) -> dict[str, str]:
        """Every resource type the local AWS accepts: ``executed``, or ``inert`` when it is only recorded."""
        return {name: str(mode) for name, mode in self._admin("resources").items()}

    def model_servers(self) -> dict[str, int]:
        """Process ids of the servers behind endpoints, by ``endpoint/variant``."""
        return {name: int(pid) for name, pid in self._admin("processes")["model_servers"].items()}

    def take_out(self, service: str, *, out: bool = True) -> None:
        """Let a service refuse every request, or bring it back; what it stores stays.

        Raises:
            LoopError: it is none that can be out.
        """
        self._admin("outages", {"service": service, "out": out})

    def wait_idle(self, timeout_s: float = 120.0) -> None:
        """Wait until no stream, queue or job has work left. Firehose may still buffer: ``flush()`` delivers.

        Raises:
            LoopError: there is still work after ``timeout_s``.
        """
        deadline = time.monotonic() + timeout_s
        at_rest = 0
        while at_rest < _LOOKS_AT_REST:
            report = self.idle()
            at_rest = at_rest + 1 if report["idle"] else 0
            if time.monotonic() > deadline:
                raise LoopError(f"still busy after {timeout_s:.0f} s: {json.dumps(report)}")
            time.sleep(_POLL_S)

    def stop(self) -> None:
        """End the emulator and what it started; safe to call again."""
        self._emulator.stop()

    def _admin(self, name: str, body: dict[str, Any] | None = None, *, timeout_s: float = 180.0) -> dict[str, Any]:
        return admin_call(self.endpoint_url, name, body, timeout_s=timeout_s)
