"""A function's bundle carries what it imports, names no machine and runs on any architecture."""

import shutil
from pathlib import Path

import pytest

from stacks.components.bundle import LOCK, ROOT, bundle

FUNCTIONS = ("delivery_transform", "deployment", "enrichment", "ground_truth", "inference", "label_inbox")


@pytest.fixture(scope="module", params=FUNCTIONS)
def built(request: pytest.FixtureRequest) -> Path:
    return bundle(request.param, usecase="fraud")


def test_a_bundle_has_no_compiled_code_and_no_trace_of_its_builder(built: Path) -> None:
    names = {path.name for path in built.rglob("*")}
    endings = {path.suffix for path in built.rglob("*")}
    assert not endings & {".so", ".pyd", ".dylib", ".pyc"}
    assert not names & {"RECORD", "INSTALLER", "direct_url.json", ".lock", "bin", "__pycache__"}


def test_a_bundle_carries_its_own_function_the_domain_and_one_use_case(built: Path) -> None:
    folder = built.name.rpartition("-")[0]
    assert {path.name for path in (built / "lambdas").iterdir() if path.is_dir()} == {"shared", folder}
    assert sorted(path.name for path in (built / "usecases").iterdir()) == ["__init__.py", "fraud.py"]
    assert (built / "headrace" / "features.py").is_file()
    assert not list(built.rglob("*columnar*"))


def test_dependencies_are_the_locked_ones_without_the_sdk_of_the_runtime(built: Path) -> None:
    locked = {line.partition("==")[0] for line in (ROOT / LOCK).read_text().splitlines() if "==" in line}
    installed = {path.name.partition("-")[0].replace("_", "-") for path in built.glob("*.dist-info")}
    assert installed == locked
    assert "boto3" not in installed


def test_a_bundle_is_built_once_and_again_when_a_source_changes(tmp_path: Path) -> None:
    for name in ("lambdas", "headrace", "usecases", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    first = bundle("inference", usecase="fraud", root=tmp_path)
    assert bundle("inference", usecase="fraud", root=tmp_path) == first
    shared = tmp_path / "lambdas" / "shared" / "settings.py"
    shared.write_text(shared.read_text() + "\n")
    assert bundle("inference", usecase="fraud", root=tmp_path) != first


def test_a_change_elsewhere_leaves_the_bundle_alone(tmp_path: Path) -> None:
    for name in ("lambdas", "headrace", "usecases", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    first = bundle("inference", usecase="fraud", root=tmp_path)
    other = tmp_path / "lambdas" / "enrichment" / "logic.py"
    other.write_text(other.read_text() + "\n")
    assert bundle("inference", usecase="fraud", root=tmp_path) == first
