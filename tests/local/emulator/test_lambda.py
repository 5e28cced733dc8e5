"""Functions run as on AWS: an environment of their own, the runtime's packages, their bundle and nothing else."""

import base64
import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from local_account import Account, until


def invoke(account: Account, function: str, event: Any = None) -> tuple[str, Any]:
    """Invoke a function: the kind of error ('' on success) and its payload."""
    answer = account.client("lambda").invoke(FunctionName=function, Payload=json.dumps(event))
    return answer.get("FunctionError", ""), json.load(answer["Payload"])


def body(*lines: str) -> str:
    """A handler of these lines."""
    return "import os, sys, time\n\ndef handler(event, context):\n" + "".join(f"    {line}\n" for line in lines)


def test_a_function_sees_its_own_variables_and_none_of_the_hosts(
    account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOST_SECRET", "x")
    function = account.function(body("return dict(os.environ)"), MINE="1", AWS_LAMBDA_FUNCTION_NAME="forged")
    _error, seen = invoke(account, function)
    assert seen["MINE"] == "1"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == function.rpartition(":")[2]
    assert seen["AWS_REGION"] == "eu-west-1"
    assert not {"HOST_SECRET", "HOME", "HEADRACE_STATE_DIR", "VIRTUAL_ENV"} & seen.keys()
    assert seen["PATH"] != os.environ["PATH"]


def test_a_missing_variable_or_package_fails_as_it_would_on_aws(account: Account) -> None:
    assert invoke(account, account.function(body("return os.environ['FORGOTTEN']")))[1]["errorType"] == "KeyError"
    error, failed = invoke(account, account.function("import pandas\n" + body("return 1")))
    assert error == "Unhandled"
    assert failed["errorType"] == "Runtime.ImportModuleError"
    assert "pandas" in failed["errorMessage"]
    assert invoke(account, account.function("import boto3\n" + body("return boto3.__name__"))) == ("", "boto3")


def test_the_context_has_what_the_runtime_gives(account: Account) -> None:
    source = body(
        "left = context.get_remaining_time_in_millis()",
        "names = ('function_name', 'memory_limit_in_mb', 'invoked_function_arn', 'aws_request_id', 'log_group_name')",
        "return {'left': left, **{name: getattr(context, name) for name in names}}",
    )
    function = account.function(source, timeout=7)
    _error, seen = invoke(account, function)
    name = function.rpartition(":")[2]
    assert 0 < seen["left"] <= 7000
    assert len(seen["aws_request_id"]) == 36
    assert (seen["function_name"], seen["memory_limit_in_mb"]) == (name, "128")
    assert (seen["invoked_function_arn"], seen["log_group_name"]) == (function, f"/aws/lambda/{name}")


def test_an_exception_is_reported_and_the_environment_lives_on(account: Account) -> None:
    function = account.function(body("if event == 'fail': raise ValueError('no')", "return os.getpid()"))
    first = invoke(account, function)
    error, failed = invoke(account, function, "fail")
    assert error == "Unhandled"
    assert (failed["errorType"], failed["errorMessage"]) == ("ValueError", "no")
    assert "raise ValueError" in failed["stackTrace"][-1]
    assert invoke(account, function) == first


def test_environments_of_one_function_read_their_own_lines_only(account: Account) -> None:
    function = account.function(body("print('line of ' + event, file=sys.stderr)", "time.sleep(0.5)"), timeout=20)

    def tail(event: str) -> str:
        payload = json.dumps(event)
        answer = account.client("lambda").invoke(FunctionName=function, Payload=payload, LogType="Tail")
        return base64.b64decode(answer["LogResult"]).decode()

    with ThreadPoolExecutor(2) as at_once:
        for _ in range(2):
            logs = dict(zip("ab", at_once.map(tail, "ab"), strict=True))
            assert {name: log.count("line of") for name, log in logs.items()} == {"a": 1, "b": 1}
            assert all(f"line of {name}" in log for name, log in logs.items())


def test_what_ends_the_process_fails_the_invocation_and_the_next_gets_a_new_one(account: Account) -> None:
    function = account.function(body("if event == 'exit': os._exit(3)", "return os.getpid()"))
    _error, first = invoke(account, function)
    error, failed = invoke(account, function, "exit")
    assert (error, failed["errorType"]) == ("Unhandled", "Runtime.ExitError")
    assert "exit status 3" in failed["errorMessage"]
    assert invoke(account, function) != ("", first)


def test_a_function_that_takes_too_long_is_ended(account: Account) -> None:
    function = account.function(body("time.sleep(30)"), timeout=1)
    started = time.monotonic()
    error, failed = invoke(account, function)
    assert time.monotonic() - started < 10
    assert (error, failed["errorType"]) == ("Unhandled", "Sandbox.Timedout")
    assert "Task timed out after 1.00 seconds" in failed["errorMessage"]


def test_answers_that_lambda_cannot_carry_are_errors(account: Account) -> None:
    large = invoke(account, account.function(body("return 'x' * 7_000_000")))
    assert large[1]["errorType"] == "Function.ResponseSizeTooLarge"
    strange = invoke(account, account.function(body("return {1, 2}")))
    assert strange[1]["errorType"] == "Runtime.MarshalError"


def test_changed_settings_reach_the_next_invocation(account: Account) -> None:
    function = account.function(body("return os.environ['COLOR']"), COLOR="red")
    assert invoke(account, function) == ("", "red")
    account.client("lambda").update_function_configuration(
        FunctionName=function, Environment={"Variables": {"COLOR": "blue"}}
    )
    assert invoke(account, function) == ("", "blue")


def test_everything_printed_is_in_the_log(account: Account) -> None:
    function = account.function(body("print('to stdout')", "print('to stderr', file=sys.stderr)"))
    invoke(account, function)
    logs, group = account.client("logs"), f"/aws/lambda/{function.rpartition(':')[2]}"

    def messages() -> list[str]:
        return [event["message"] for event in logs.filter_log_events(logGroupName=group)["events"]]

    found = until(messages)
    assert {"to stdout", "to stderr"} <= {message.strip() for message in found}


def test_a_role_without_the_grant_is_denied(account: Account) -> None:
    bucket = account.bucket()
    source = "import boto3\n" + body(
        "s3 = boto3.client('s3')",
        "s3.put_object(Bucket=event, Key='k', Body=b'x')",
        "return s3.get_object(Bucket=event, Key='k')['Body'].read().decode()",
    )
    resource = f"arn:aws:s3:::{bucket}/*"
    write = {"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource}
    read = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": resource}
    allowed = account.function(source, role=account.role([write, read]))
    assert invoke(account, allowed, bucket) == ("", "x")
    halfway = invoke(account, account.function(source, role=account.role([write])), bucket)[1]
    assert "s3:GetObject" in halfway["errorMessage"]
    nothing = invoke(account, account.function(source, role=account.role([])), bucket)[1]
    assert "AccessDenied" in nothing["errorMessage"]
    assert "s3:PutObject" in nothing["errorMessage"]
