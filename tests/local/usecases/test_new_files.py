"""What ``headrace new`` writes for a file runs: features, a model, the deployed loop. Or the file is refused.

In a copy of the sources, because a use case lives in ``usecases/``.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sample_files

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ("cli", "headrace", "lambdas", "local", "pipelines", "requirements", "simulators", "stacks", "usecases")
SHAPES = (sample_files.nested, sample_files.three_date_formats, sample_files.without_id)
pytestmark = pytest.mark.usecases


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a clone holds, as far as it runs."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.py", "cdk.json", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def headrace(checkout: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *arguments, "--json"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)


def answered(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_file_becomes_a_use_case_whose_loop_closes(
    shape: Callable[[Path], Path], checkout: Path, tmp_path: Path
) -> None:
    name, sample = f"new_{shape.__name__}", str(shape(tmp_path))
    proposed = answered(headrace(checkout, "new", name, "--from", sample))
    given = (sample, "-u", name, "--map", proposed["map"])
    assert (checkout / "usecases" / f"{name}.py").is_file()
    days = ("--from", "2026-02-07", "--until", "2026-02-10")
    summary = answered(headrace(checkout, "replay", *given, *days, "--out", str(tmp_path / "replay")))
    assert summary["failures"] == []
    assert summary["unaccounted"] == 0
    assert summary["predictions"] == summary["events_sent"] == summary["events_in_lake"] > 50


def trained(checkout: Path, name: str, sample: Path, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    features = str(tmp_path / "features.parquet")
    proposed = answered(headrace(checkout, "new", name, "--from", str(sample)))
    given = (str(sample), "-u", name, "--map", proposed["map"])
    answered(headrace(checkout, "features", *given, "--out", features, "--check"))
    return headrace(checkout, "train", "-u", name, "--dataset", features, "--out", str(tmp_path / "model"))


@pytest.mark.timeout(300)
def test_a_wide_file_becomes_a_use_case_whose_model_finds_what_tells_the_truth(checkout: Path, tmp_path: Path) -> None:
    """Among a hundred and seventeen columns of noise, and without the one that gives the truth away."""
    summary = answered(trained(checkout, "new_wide", sample_files.wide(tmp_path), tmp_path))
    assert all(summary["gates"].values())
    assert 'Field(name="refund_amount"' not in (checkout / "usecases" / "new_wide.py").read_text()


@pytest.mark.timeout(300)
def test_a_wide_file_of_noise_becomes_a_use_case_whose_model_is_refused_with_the_reason(
    checkout: Path, tmp_path: Path
) -> None:
    done = trained(checkout, "new_noise", sample_files.noise(tmp_path), tmp_path)
    assert done.returncode == 3
    summary = json.loads(done.stdout)
    assert not summary["gates"]["floor_average_precision"]
    assert "is below the floor of" in summary["reason"]


@pytest.mark.timeout(120)
def test_a_file_of_texts_is_refused_with_what_it_lacks(checkout: Path, tmp_path: Path) -> None:
    done = headrace(checkout, "new", "new_texts", "--from", str(sample_files.all_text(tmp_path)))
    assert done.returncode == 2
    assert "holds texts only (title, body)" in done.stderr
    assert not (checkout / "usecases" / "new_texts.py").exists()
