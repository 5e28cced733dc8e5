"""Synthesis gives the same bytes from any checkout, however it is started, and refuses what it does not know."""

import filecmp
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from synthesized import Synthesized

import usecases
from headrace.errors import UseCaseError
from stacks.application import Application

ROOT = Path(__file__).resolve().parents[2]
SOURCES = (
    "app.py", "cdk.json", "headrace", "usecases", "lambdas", "pipelines", "stacks", "requirements", "pyproject.toml",
)  # fmt: skip


def test_another_checkout_started_by_the_cdk_command_gives_the_same_bytes(tmp_path: Path, local: Synthesized) -> None:
    """A path with a space, no build folder, no account, nothing on PATH; context as ``cdk`` gives it."""
    checkout, assembly = tmp_path / "another checkout", tmp_path / "assembly"
    checkout.mkdir()
    for name in SOURCES:
        source = ROOT / name
        copy = shutil.copytree if source.is_dir() else shutil.copy2
        copy(source, checkout / name)
    context = {"stage": "local", "aws:cdk:enable-path-metadata": True, "aws:cdk:version-reporting": True}
    bare = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "JSII_NODE"}
    subprocess.run(
        [sys.executable, "app.py"],
        cwd=checkout,
        check=True,
        env={**bare, "CDK_OUTDIR": str(assembly), "CDK_CONTEXT_JSON": json.dumps(context), "PATH": str(tmp_path)},
    )
    assert _differences(filecmp.dircmp(local.folder, assembly, ignore=[])) == []


def test_no_custom_resource_and_no_docker_is_needed(local: Synthesized) -> None:
    for manifest in local.folder.glob("*.assets.json"):
        assert json.loads(manifest.read_text()).get("dockerImages", {}) == {}
    assert not [it for _, _, it in local.everything() if it["Type"].startswith(("Custom::", "AWS::CloudFormation::"))]


def test_each_function_is_its_own_asset(local: Synthesized) -> None:
    handlers = {path.parent.name for path in local.folder.glob("asset.*/lambdas/*/handler.py")}
    judging = {"monitor_run"} if usecases.load("fraud").monitor.compute.runs_on != "processing" else set()
    assert handlers == judging | {
        "delivery_transform",
        "enrichment",
        "ground_truth",
        "inference",
        "deployment",
        "event_inbox",
        "label_inbox",
        "monitoring",
        "drift_response",
    }
    assert all(
        len([it for it in asset.glob("lambdas/*/handler.py")]) == 1
        for asset in local.folder.glob("asset.*")
        if asset.is_dir()
    )


@pytest.mark.parametrize(
    ("context", "named"),
    [
        ({"stage": "test"}, "stage.*'test'.*dev, local, prod, staging"),
        ({"usecase": "weather"}, "usecase.*'weather'.*fraud"),
        ({"region": ""}, "region is missing"),
    ],
)
def test_an_unknown_context_is_named_with_its_remedy(tmp_path: Path, context: dict[str, str], named: str) -> None:
    with pytest.raises(UseCaseError, match=named):
        Application(context=context, outdir=str(tmp_path))


def _differences(compared: filecmp.dircmp) -> list[str]:
    _, different, unreadable = filecmp.cmpfiles(compared.left, compared.right, compared.common_files, shallow=False)
    found = [*different, *unreadable, *compared.left_only, *compared.right_only, *compared.common_funny]
    return found + [it for sub in compared.subdirs.values() for it in _differences(sub)]
