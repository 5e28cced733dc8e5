"""A file of events becomes a use case that runs on it, or a refusal that says what is missing."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import sample_files
from typer.testing import CliRunner

from cli import event_file
from cli.main import app
from cli.new.command import Options, Proposed, propose
from cli.new.roles import Wanted
from headrace.errors import UseCaseError
from headrace.windows_columnar import training_frame

ROOT = Path(__file__).resolve().parents[4]
SHAPES = [
    sample_files.plain,
    sample_files.wide,
    sample_files.nested,
    sample_files.three_date_formats,
    sample_files.without_id,
]


def proposed(sample: Path, **wanted: str) -> Proposed:
    return propose(Options(name="returns", sample=sample, wanted=Wanted(**wanted), folder=sample.parent))


def refusal(frame: pd.DataFrame, folder: Path, **wanted: str) -> str:
    path = folder / "odd.csv"
    frame.to_csv(path, index=False)
    with pytest.raises(UseCaseError) as caught:
        proposed(path, **wanted)
    assert not (folder / "returns.py").exists()
    return str(caught.value)


@pytest.mark.parametrize("shape", SHAPES)
def test_the_proposal_reads_its_file_and_computes_every_feature(shape: Callable[[Path], Path], tmp_path: Path) -> None:
    sample = shape(tmp_path)
    found = proposed(sample)
    events = event_file.read([sample], found.usecase, event_file.parse_map(found.mapping)).frame
    truth = events[found.usecase.label.field]
    frame = training_frame(found.usecase, events.drop(columns=truth.name), events)
    assert len(frame) == len(events) >= sample_files.ROWS
    assert truth.mean() == pytest.approx(0.14, abs=0.02)
    assert frame["timestamp"].iloc[0] // 86_400 == sample_files.START.timestamp() // 86_400
    assert frame[list(found.usecase.feature_names)].notna().any().all()


@pytest.mark.parametrize("shape", SHAPES)
def test_the_proposal_is_the_same_every_time_and_formatted(shape: Callable[[Path], Path], tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    first, second = proposed(shape(tmp_path)), proposed(shape(tmp_path / "again"))
    assert first.path.read_text() == second.path.read_text()
    for command in (("format", "--check"), ("check",)):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(first.path)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + first.path.read_text()


def test_a_wide_file_loses_only_what_says_nothing_or_too_much(tmp_path: Path) -> None:
    found = proposed(sample_files.wide(tmp_path))
    assert set(found.left_out) == {"constant", "empty", "refundAmount"}
    assert "probably the truth itself" in found.left_out["refundAmount"]
    assert {f"v{number}" for number in range(117)} <= set(found.usecase.inputs)
    assert not found.usecase.event.field("v3").required


def test_nested_lines_are_mapped_by_path_and_lists_are_left_out(tmp_path: Path) -> None:
    found = proposed(sample_files.nested(tmp_path))
    assert found.columns["basket_amount"] == "basket.amount"
    assert found.usecase.primary.key == "customer_id"
    assert set(found.left_out) == {"basket.items"}


def test_what_looks_personal_never_reaches_the_lake(tmp_path: Path) -> None:
    usecase = proposed(sample_files.plain(tmp_path)).usecase
    assert usecase.event.field("email").privacy == "remove"
    assert "email" not in usecase.inputs


def test_equal_events_without_an_id_have_ids_of_their_own(tmp_path: Path) -> None:
    sample = sample_files.without_id(tmp_path)
    found = proposed(sample)
    assert found.columns["event_id"] == "@content"
    assert any("--map event_id=@content" in notice for notice in found.notices)
    assert event_file.read([sample], found.usecase, found.columns).frame["event_id"].is_unique


def test_a_file_of_texts_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    with pytest.raises(UseCaseError, match=r"texts only \(title, body\).*--time.*--label"):
        proposed(sample_files.all_text(tmp_path))


@pytest.mark.parametrize(
    ("change", "wanted", "message"),
    [
        (lambda it: it.drop(columns="when"), {}, "--time: no column holds the time of the event; there are order_id"),
        (lambda it: it.drop(columns="returned"), {}, "--label: no column holds a truth to learn; add a column of 0"),
        (lambda it: it.assign(won=it["returned"], lost=1 - it["returned"]).drop(columns="returned"), {}, "won, lost"),
        (lambda it: it.assign(returned=it["returned"].map({0: "good", 1: "bad"})), {}, "returned has two values, but"),
        (lambda it: it, {"label": "channel"}, "--label: 'channel' has a text of 3 values; a label is 0 or 1"),
        (lambda it: it.assign(returned=0), {"label": "returned"}, "--label: 'returned' has one value only"),
        (lambda it: it, {"label": "absent"}, "--label: the file has no column 'absent'; use one of order_id"),
        (lambda it: it, {"time": "amount"}, "--time: 'amount' is a number, not a time"),
        (lambda it: it.assign(when=["03/04/2026", *["05/04/2026"] * (len(it) - 1)]), {}, "day or month first"),
        (lambda it: it.assign(when=it["when"].where(it["amount"] < 100)), {}, "--time: when is missing in"),
        (lambda it: it.drop(columns=["customer", "order_id"]), {}, "--entity: no column says whose the events are"),
        (lambda it: it, {"entity": "amount"}, "--entity: 'amount' is a number"),
        (lambda it: it.assign(amount=1 / (it["amount"] < 100)), {}, "amount: is not a finite number in"),
        (lambda it: it.rename(columns={"amount": "a,b"}), {}, "--map cannot name the column 'a,b'"),
    ],
)
def test_what_a_file_lacks_is_named_with_the_option_that_fixes_it(
    change: Callable[[pd.DataFrame], pd.DataFrame], wanted: dict[str, str], message: str, tmp_path: Path
) -> None:
    frame = pd.read_csv(sample_files.plain(tmp_path))
    assert message in refusal(change(frame), tmp_path, **wanted)


def test_columns_separated_by_semicolons_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_text("a;b\n1;2\n")
    with pytest.raises(UseCaseError, match="has one column, 'a;b'; separate columns by commas"):
        proposed(path)


def test_a_table_with_one_row_for_each_has_no_windows(tmp_path: Path) -> None:
    path = tmp_path / "once.csv"
    pd.read_csv(sample_files.plain(tmp_path)).drop(columns="customer").to_csv(path, index=False)
    found = proposed(path)
    assert found.usecase.windows == ()
    assert found.usecase.primary.key == "order_id"
    assert found.columns["event_id"] == "order_id"


def test_events_belong_to_who_comes_in_many_rather_than_to_one_of_a_few_kinds(tmp_path: Path) -> None:
    frame = pd.read_csv(sample_files.plain(tmp_path)).rename(columns={"customer": "Policy ID"})
    path = tmp_path / "claims.csv"
    frame.assign(Vehicle=[("car", "van", "bike")[row % 3] for row in frame.index]).to_csv(path, index=False)
    assert proposed(path).usecase.entities[0].key == "policy_id"


def test_a_use_case_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    sample = sample_files.plain(tmp_path)
    proposed(sample)
    with pytest.raises(UseCaseError, match=r"returns\.py is there already.*--force"):
        proposed(sample)


def test_too_few_positives_for_training_are_said_beforehand(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    pd.read_csv(sample_files.plain(tmp_path)).head(120).to_csv(path, index=False)
    assert any("training wants 10: give a longer file" in notice for notice in proposed(path).notices)


def test_the_command_says_what_to_run_next(tmp_path: Path) -> None:
    sample = sample_files.plain(tmp_path)
    done = CliRunner().invoke(app, ["new", "returns", "--from", str(sample), "--into", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["map"] == "event_id=order_id,timestamp=when,label=returned"
    assert document["next"][1].startswith(f"headrace features {sample} -u returns --map event_id=order_id")
    refused = CliRunner().invoke(app, ["new", "Returns!", "--from", str(sample), "--into", str(tmp_path)])
    assert refused.exit_code == 2
