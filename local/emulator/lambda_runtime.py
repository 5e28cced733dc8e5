"""The Python runtime of one local Lambda worker: a script of its own process, never imported by the emulator.

It is started isolated and without site-packages (``python -I -S``), so a function finds the standard library, what AWS
puts into the runtime (boto3 and what it needs) and its own bundle, and nothing else: a dependency missing from the
bundle fails here as it would on AWS. It speaks JSON lines on the original stdin and stdout; everything the function
prints goes to stderr, which the emulator keeps as the log.
"""

import importlib
import io
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TextIO


class LambdaContext:
    """The context object, with the attributes of the AWS Python runtime."""

    def __init__(self, *, request_id: str, function_arn: str, deadline_ms: int) -> None:
        self.aws_request_id = request_id
        self.invoked_function_arn = function_arn
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = None
        self.client_context = None
        self.tenant_id = None
        self._deadline_ms = deadline_ms

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out."""
        return max(0, self._deadline_ms - int(time.time() * 1000))


def _plain(value: object) -> object:
    """What the AWS runtime adds to JSON: decimals."""
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _failure(exc: BaseException, request_id: str, kind: str = "") -> dict[str, Any]:
    """The error document of a raised exception, also printed to the log as AWS does."""
    name, frames = kind or type(exc).__name__, traceback.format_tb(exc.__traceback__)[1:]
    print(f"[ERROR] {name}: {exc}\nTraceback (most recent call last):\n{''.join(frames)}")  # noqa: T201  the log
    return {"errorMessage": str(exc), "errorType": name, "requestId": request_id, "stackTrace": frames}


def _load(handler: str) -> Callable[[Any, LambdaContext], Any]:
    module_name, _, function_name = handler.rpartition(".")
    found: Callable[[Any, LambdaContext], Any] = getattr(
        importlib.import_module(module_name.replace("/", ".")), function_name
    )
    return found


def _invoke(function: Callable[[Any, LambdaContext], Any], message: dict[str, Any]) -> str:
    """Run one invocation and return the answer as a JSON line."""
    request_id = message["request_id"]
    if message.get("trace_id"):
        os.environ["_X_AMZN_TRACE_ID"] = message["trace_id"]
    context = LambdaContext(
        request_id=request_id, function_arn=message["function_arn"], deadline_ms=message["deadline_ms"]
    )
    try:
        result = function(message["event"], context)
    except Exception as exc:  # whatever a handler raises is the function's error, not the runtime's
        return json.dumps({"error": _failure(exc, request_id)})
    try:
        return '{"result":' + json.dumps(result, ensure_ascii=False, default=_plain) + "}"
    except (TypeError, ValueError) as exc:
        return json.dumps({"error": _failure(exc, request_id, "Runtime.MarshalError")})


def _serve(commands: io.BufferedReader, answers: TextIO) -> None:
    def answer(line: str) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        answers.write(line + "\n")
        answers.flush()

    start = json.loads(commands.readline())
    sys.path[:0] = start["code_paths"]
    sys.path.extend(start["runtime_paths"])
    try:
        function = _load(start["handler"])
    except BaseException as exc:
        name = "Runtime.ImportModuleError" if isinstance(exc, ImportError) else ""
        answer(json.dumps({"error": _failure(exc, "", name)}))
        return
    answer('{"ready":true}')
    while line := commands.readline():
        answer(_invoke(function, json.loads(line)))


if __name__ == "__main__":
    protocol = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    _serve(io.BufferedReader(io.FileIO(os.dup(0))), protocol)
