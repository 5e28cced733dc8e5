"""``headrace rebuild``: its options, what it prints, and its exit codes. What it does is tested on a live world."""

import json
from dataclasses import replace

import pytest
from botocore.exceptions import EndpointConnectionError
from typer.testing import CliRunner, Result

from cli.main import app
from cli.rebuild import command as rebuild_command
from cli.rebuild.terms import Rebuilt, Scope

DONE = Rebuilt(partial=3, damaged=0, rebuilt=3, created=1, unchanged=2, incomplete=0, contested=0)


@pytest.fixture
def scopes(monkeypatch: pytest.MonkeyPatch) -> list[Scope]:
    """The scopes that were asked for; the deployment is not looked at."""
    asked: list[Scope] = []

    def rebuild(_deployment: object, scope: Scope, _report: object) -> Rebuilt:
        asked.append(scope)
        return DONE

    monkeypatch.setattr(rebuild_command, "deployed", lambda *_: None)
    monkeypatch.setattr(rebuild_command, "rebuild", rebuild)
    return asked


def run(*options: str) -> Result:
    return CliRunner().invoke(app, ["rebuild", "--stage", "dev", *options])


def test_everything_is_rebuilt_by_default_and_counted(scopes: list[Scope]) -> None:
    result = run("--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert (document["usecase"], document["stage"], document["rebuilt"], document["partial"]) == ("fraud", "dev", 3, 3)
    assert document["failures"] == []
    assert scopes == [Scope()]


def test_the_scope_can_be_one_key_or_a_share(scopes: list[Scope]) -> None:
    run("--entity", "customer", "--key", "4711")
    run("--share", "2/4")
    assert scopes == [Scope(entity="customer", key="4711"), Scope(share=(2, 4))]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--entity", "card"), "--entity: 'card' is unknown; use one of customer, terminal"),
        (("--key", "4711"), "--key: is a key of no entity; add --entity, one of customer, terminal"),
        (("--share", "4/4"), "--share: '4/4' is no share; write n/of"),
        (("--share", "half"), "--share: 'half' is no share"),
        (("--share", "0/"), "--share: '0/' is no share"),
        (("--usecase", "frauds"), "there is no use case 'frauds'"),
    ],
)
def test_wrong_options_are_one_line_and_exit_code_2(
    scopes: list[Scope], options: tuple[str, ...], message: str
) -> None:
    result = run(*options)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert scopes == []


@pytest.mark.parametrize(
    ("left", "message"),
    [
        ({"incomplete": 2}, "2 items hold records that the lake lacks"),
        ({"contested": 1}, "1 items changed faster than they could be written"),
    ],
)
def test_what_could_not_be_rebuilt_is_exit_code_1_with_what_helps(
    scopes: list[Scope], monkeypatch: pytest.MonkeyPatch, left: dict[str, int], message: str
) -> None:
    monkeypatch.setattr(rebuild_command, "rebuild", lambda *_: replace(DONE, **left))
    result = run("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["failures"] == [message]
    told = " ".join(result.stderr.split())
    assert f"{message}; run the same command again, after the delivery's buffer of 60 s" in told


def test_aws_out_of_reach_is_one_line(scopes: list[Scope], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise EndpointConnectionError(endpoint_url="https://dynamodb")

    monkeypatch.setattr(rebuild_command, "deployed", fail)
    result = run()
    assert result.exit_code == 1
    assert "run the same command again to go on where it stopped" in " ".join(result.stderr.split())
