"""``headrace openapi`` prints the document that the API serves."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

import usecases
from cli.main import app
from headrace.features import FeatureSet
from headrace.openapi import document
from lambdas.inference.exchange import Request
from lambdas.inference.logic import Inference, respond
from lambdas.shared.scoring import Scorer


def test_the_command_prints_what_the_api_serves() -> None:
    printed = json.loads(CliRunner().invoke(app, ["openapi", "--usecase", "fraud"]).stdout)
    features = FeatureSet(usecases.load("fraud"))
    scorer = Scorer(endpoint=None, call_s=1, deadline_s=1)
    function = Inference(features=features, reader=None, scorer=scorer)  # type: ignore[arg-type]  # nothing is read
    assert respond(Request("GET", "/openapi.json", None, b""), function).body == printed


@pytest.mark.parametrize("quiet", [True, False])
def test_the_document_goes_into_a_file_with_the_apis_address(quiet: bool, tmp_path: Path) -> None:
    out = tmp_path / "new" / "openapi.json"
    asked = ["openapi", "--url", "https://x", "--out", str(out), *(["--json"] if quiet else [])]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0
    assert json.loads(out.read_text()) == document(usecases.load("fraud"), url="https://x")
    assert (result.stdout == "") is not quiet


def test_an_unknown_use_case_is_one_line() -> None:
    result = CliRunner().invoke(app, ["openapi", "--usecase", "nothing"])
    assert result.exit_code == 2
    assert "there is no use case 'nothing'" in " ".join(result.stderr.split())
