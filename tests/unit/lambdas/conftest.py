"""No sockets; AWS credentials that work nowhere; every cache of the functions empty."""

import importlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from doubled_table import Table
from feature_versions import running
from given_up import Site
from lambda_events import ENVIRONMENT
from live_world import World

EVENTS = Path(__file__).parents[2] / "events"
FUNCTIONS = (
    "delivery_transform",
    "deployment",
    "drift_response",
    "enrichment",
    "event_inbox",
    "ground_truth",
    "inference",
    "label_inbox",
    "lookup_inbox",
)


@pytest.fixture(autouse=True)
def offline(socket_disabled: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing reaches out, and no setting leaks in."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "POWERTOOLS_METRICS_DISABLED": "false",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


@pytest.fixture(autouse=True)
def fresh_process() -> Iterator[None]:
    """As after a cold start."""
    clear()
    yield
    clear()


def clear() -> None:
    """Forget clients, settings and wiring."""
    importlib.import_module("lambdas.shared.clients")._client.cache_clear()
    for function in FUNCTIONS:
        module = importlib.import_module(f"lambdas.{function}.adapters")
        for name in ("settings", "connect", "key", "lookups", "reporter"):
            if hasattr(module, name):
                getattr(module, name).cache_clear()


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the stacks set it."""
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def lambda_context() -> object:
    """What Powertools reads of a Lambda context."""

    class Context:
        function_name = "function"
        memory_limit_in_mb = 512
        invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:function"
        aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    return Context()


@pytest.fixture
def aws_event() -> Any:
    """Load an event as AWS documents it."""
    return lambda name: json.loads((EVENTS / name).read_text())


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Table]:
    made = Table()
    monkeypatch.setattr("time.sleep", lambda _: None)  # the SDK's own pauses between its attempts
    yield made
    made.executor.shutdown()
    made.double.close()


@pytest.fixture
def metrics(capsys: pytest.CaptureFixture[str]) -> Callable[[], dict[str, Any]]:
    """The one line of metrics that the last call printed, by name."""

    def read() -> dict[str, Any]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        (found,) = [line for line in lines if "_aws" in line]
        assert found["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Headrace"
        assert (found["UseCase"], found["Stage"]) == ("fraud", "dev")
        return dict(found)

    return read


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Functions at work on one stream, which commands read without pauses."""
    for module in ("rebuild.stream", "redrive.records", "redrive.sent"):
        monkeypatch.setattr(f"cli.{module}.PAUSE_S", 0.0)
    with running() as it:
        yield it


@pytest.fixture
def site(world: World) -> Site:
    """That world, with records that were given up."""
    return Site(world)
