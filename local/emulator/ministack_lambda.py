"""Lambda: invocations on our own workers, metrics for every path, and what event sources need to invoke a function."""

import hashlib
import json
import logging
from dataclasses import dataclass
from typing import Any

from local.emulator import embedded_metrics, lifecycle, metrics
from local.emulator.lambda_bundle import runtime_packages, unpacked
from local.emulator.lambda_pool import Workers
from local.emulator.lambda_process import Call, Launch, Outcome
from local.emulator.ministack_core import module
from local.emulator.settings import endpoint_url, state_dir

PAYLOAD_BYTES = 6 * 1024 * 1024
_RESERVED = ("AWS_LAMBDA_", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_", "_HANDLER")

workers = Workers()
_logger = logging.getLogger(__name__)


class NoFunctionError(Exception):
    """There is no such function."""


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """What a synchronous invocation gave. ``error`` is '' on success, else ``Unhandled`` or ``Throttled``."""

    payload: Any
    error: str
    function_arn: str
    version: str

    @property
    def message(self) -> str:
        """The error message of a failed invocation."""
        return str(self.payload.get("errorMessage", "")) if isinstance(self.payload, dict) else str(self.payload)


def install() -> None:
    """Put Python functions on our workers and count every invocation."""
    service = module("services.lambda_svc")
    foreign = service._execute_function_warm

    def execute(function: dict[str, Any], event: object, request_id: str) -> dict[str, Any]:
        config = function.get("config") or function
        if not str(config.get("Runtime", "")).startswith("python"):
            result: dict[str, Any] = foreign(function, event, request_id)
            return result
        return _execute(function, config, event, request_id)

    dispatch = service._execute_function_dispatch

    def counted(function: Any, config: Any, event: Any, request_id: str, started: float) -> Any:
        result = dispatch(function, config, event, request_id, started)
        _count(config["FunctionName"], result, (service.time.time() - started) * 1000)
        return result

    discard = service.invalidate_worker

    def invalidate(name: str, *args: Any, **kwargs: Any) -> None:
        workers.discard(name)
        discard(name, *args, **kwargs)

    service._execute_function_warm = execute
    service._execute_function_dispatch = counted
    service._emit_lambda_metrics = lambda *_args, **_kwargs: None  # API invocations are counted above, like the others
    service.invalidate_worker = invalidate
    lifecycle.on_stop(workers.close)


def invoke(function_arn: str, event: object) -> Invocation:
    """Invoke a function synchronously and wait for it. Blocks: never call it on the serving loop.

    Raises:
        NoFunctionError: the function does not exist.
    """
    service = module("services.lambda_svc")
    function, config, _name = service._get_func_record_for_ref(function_arn)
    if not function or not config:
        raise NoFunctionError(function_arn)
    result = service._execute_function_with_config_scope(service._execution_record_for_config(function, config), event)
    error = "Throttled" if result.get("throttle") else "Unhandled" if result.get("error") else ""
    return Invocation(
        payload=result.get("body"),
        error=error,
        function_arn=config["FunctionArn"],
        version=config.get("Version", "$LATEST"),
    )


def _execute(function: dict[str, Any], config: dict[str, Any], event: object, request_id: str) -> dict[str, Any]:
    service = module("services.lambda_svc")
    call = Call(
        event=event,
        request_id=request_id,
        function_arn=config["FunctionArn"],
        trace_id=service._xray_trace_id_for_invocation(config),
    )
    outcome = workers.invoke(_launch(function, config), call)
    embedded_metrics.record(outcome.log)
    if outcome.error is None and _too_large(outcome):
        text = f"Response payload size exceeded maximum allowed payload size ({PAYLOAD_BYTES} bytes)."
        outcome = Outcome(error={"errorType": "Function.ResponseSizeTooLarge", "errorMessage": text}, log=outcome.log)
    if outcome.error is not None:
        return {"body": outcome.error, "error": True, "function_error": "Unhandled", "log": outcome.log}
    return {"body": outcome.result, "log": outcome.log}


def _too_large(outcome: Outcome) -> bool:
    if isinstance(outcome.result, dict | list | str) and len(outcome.result) > 0:
        return len(json.dumps(outcome.result, ensure_ascii=False).encode()) > PAYLOAD_BYTES
    return False


def _launch(function: dict[str, Any], config: dict[str, Any]) -> Launch:
    cached = function.get("_headrace_launch")
    key = (id(config), config.get("RevisionId"), config.get("LastModified"), config.get("CodeSha256"))
    if cached and cached[0] == key:
        found: Launch = cached[1]
        return found
    root = state_dir() / "lambda"
    code = unpacked(function["code_zip"], root / "code")
    name, stream = config["FunctionName"], hashlib.sha256(config["FunctionArn"].encode()).hexdigest()[:32]
    logs = root / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    launch = Launch(
        function=name,
        handler=config["Handler"],
        timeout_s=float(config.get("Timeout", 3)),
        code_paths=(str(code), *_layers(config, root)),
        runtime_paths=(str(runtime_packages(root)),),
        environment=tuple(sorted(_environment(config, code, stream).items())),
        logs=str(logs),
    )
    function["_headrace_launch"] = (key, launch)
    return launch


def _layers(config: dict[str, Any], root: Any) -> tuple[str, ...]:
    resolve = module("services.lambda_svc")._resolve_layer_zip
    zips = [resolve(layer) for layer in config.get("Layers") or []]
    return tuple(str(unpacked(layer, root / "layers") / "python") for layer in zips if layer)


def _environment(config: dict[str, Any], code: Any, stream: str) -> dict[str, str]:
    """What AWS sets, the function's own variables, and where the local AWS is. Nothing of the host's leaks in."""
    scratch = state_dir() / "lambda" / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    variables = (config.get("Environment") or {}).get("Variables") or {}
    name, region = config["FunctionName"], config["FunctionArn"].split(":")[3]
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "TMPDIR": str(scratch),
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        "AWS_ENDPOINT_URL": endpoint_url(),
        **{key: str(value) for key, value in variables.items() if not key.startswith(_RESERVED)},
        **module("core.lambda_runtime").execution_credentials(config),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{config['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": config.get("Version", "$LATEST"),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.get("MemorySize", 128)),
        "AWS_LAMBDA_LOG_GROUP_NAME": (config.get("LoggingConfig") or {}).get("LogGroup") or f"/aws/lambda/{name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": stream,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "LAMBDA_TASK_ROOT": str(code),
        "_HANDLER": config["Handler"],
    }


def _count(name: str, result: dict[str, Any], duration_ms: float) -> None:
    dimensions = {"FunctionName": name}
    throttled, failed = bool(result.get("throttle")), bool(result.get("error"))
    metrics.put("AWS/Lambda", "Invocations", 0 if throttled else 1, "Count", dimensions)
    metrics.put("AWS/Lambda", "Errors", 1 if failed and not throttled else 0, "Count", dimensions)
    metrics.put("AWS/Lambda", "Throttles", 1 if throttled else 0, "Count", dimensions)
    metrics.put("AWS/Lambda", "Duration", duration_ms, "Milliseconds", dimensions)
