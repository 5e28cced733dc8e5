"""``headrace train``: the pipeline's definition on this machine, what it writes, and with which exit code it ends."""

import json
import tarfile
from pathlib import Path

import pytest
from retraining_runs import training_rows
from typer.testing import CliRunner, Result

import usecases
from cli.main import app
from local.sagemaker.folders import FolderObjects
from local.sagemaker.platform import ObjectDeniedError, ObjectNotFoundError, S3Location

JUDGED = {
    "evaluation.json", "bias.json", "explanation.json", "gates.json", "model_card.json", "report.html",
    "data_manifest.json",
}  # fmt: skip
KEPT = JUDGED | {"model.tar.gz", "statistics.json", "constraints.json"}


def train(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["train", *map(str, arguments)])


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_model_is_trained_judged_and_written_then_refused_as_a_leak(tmp_path: Path) -> None:
    """One test, because the second run has to compare with the first one's model and to leave nothing of its files."""
    usecase, out = usecases.load("fraud"), tmp_path / "out"
    rows = training_rows(usecase, rows=2_000)
    data = tmp_path / "a data set"
    (data / "2018").mkdir(parents=True)
    rows.to_parquet(data / "2018" / "part-0.parquet")
    done = train("--dataset", data, "--out", out, "--json")
    assert done.exit_code == 0, done.output
    assert names(out) == KEPT
    summary = json.loads(done.stdout)
    assert summary["registered"] is True
    assert all(summary["gates"].values())
    assert summary["files"] == sorted(KEPT)
    explained = json.loads((out / "explanation.json").read_text())["explanations"]["kernel_shap"]["label0"]
    assert summary["explanation"] == explained["global_shap_values"]
    assert set(summary["explanation"]) == set(usecase.feature_names)
    shares = list(summary["explanation"].values())
    assert shares == sorted(shares, reverse=True)
    assert shares[0] > 0
    assert list(summary["seconds"]) == [
        "Define", "Preprocess", "Train", "Evaluate", "CheckGates", "Baseline", "Register"
    ]  # fmt: skip
    assert "✓ Train" in done.stderr
    with tarfile.open(out / "model.tar.gz") as archive:
        assert "code/inference.py" in archive.getnames()

    rows.assign(customer_count_1d=rows["label"] * 2.0).to_parquet(tmp_path / "leaky.parquet")
    refused = train("--dataset", tmp_path / "leaky.parquet", "--out", tmp_path / "second", "--champion", out)
    assert refused.exit_code == 3
    assert "customer_count_1d alone ranks validation rows" in refused.stderr
    assert refused.stdout == ""
    assert names(tmp_path / "second") == JUDGED, "a refused model is not written"
    gates = json.loads((tmp_path / "second" / "gates.json").read_text())["gates"]
    champion = next(it for it in gates if it["name"] == "champion")
    assert summary["model_version"] in champion["reason"]


def test_a_step_that_fails_ends_with_its_reason_and_takes_an_older_model_away(tmp_path: Path) -> None:
    training_rows(usecases.load("fraud")).head(3).to_parquet(tmp_path / "few.parquet")
    out = tmp_path / "out"
    out.mkdir()
    (out / "model.tar.gz").write_bytes(b"of an earlier run")
    failed = train("--dataset", tmp_path / "few.parquet", "--out", out)
    assert failed.exit_code == 1
    assert "Preprocess failed: AlgorithmError:" in failed.stderr
    assert names(out) == set()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--dataset", "nowhere"], "--dataset"),
        (["--dataset", "empty"], "holds no .parquet file"),
        (["--dataset", "rows.parquet", "--champion", "empty"], "holds no model.tar.gz"),
        (["--dataset", "rows.parquet", "--champion", "nowhere"], "--champion"),
        (["--dataset", "rows.parquet", "--usecase", "nothing"], "there is no use case"),
    ],
)
def test_wrong_input_is_named_before_anything_runs(
    arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "rows.parquet").write_bytes(b"not read")
    done = train(*arguments)
    assert done.exit_code == 2
    assert said in done.stderr


def test_the_help_gives_examples() -> None:
    done = CliRunner().invoke(app, ["train", "--help"], env={"COLUMNS": "300", "TERM": "dumb"})
    assert done.exit_code == 0
    assert "headrace train -u fraud --dataset" in done.output
    assert "--champion" in done.output


def test_objects_in_folders_behave_like_objects(tmp_path: Path) -> None:
    store = FolderObjects(tmp_path)
    store.write(S3Location("lake", "a/b.txt"), b"1")
    store.write(S3Location("lake", "ab.txt"), b"2")
    assert store.keys(S3Location("lake", "a")) == ["a/b.txt", "ab.txt"]
    assert store.keys(S3Location("lake", "a/")) == ["a/b.txt"]
    assert store.read(S3Location("lake", "a/b.txt")) == b"1"
    with pytest.raises(ObjectNotFoundError):
        store.read(S3Location("lake", "c"))
    with pytest.raises(ObjectNotFoundError):
        store.keys(S3Location("pond", ""))
    with pytest.raises(ObjectDeniedError):
        store.write(S3Location("lake", "../other/x"), b"")
