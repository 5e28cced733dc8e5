"""``headrace features``: what it writes, what it refuses, and what the gate says of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

import simulators
import usecases
from cli.label_file import read_labels
from cli.main import app
from cli.training_columns import presented
from headrace.errors import UseCaseError
from headrace.usecase import Expectation, Field
from headrace.windows_columnar import training_frame

FRAUD = usecases.load("fraud")
START = 1_767_225_600
DAY_S = 86_400
WEEK_S = FRAUD.label.delay_s
MAP = "event_id=ID,timestamp=WHEN,customer_id=C,terminal_id=T,amount=EUR,label=BAD"
COLUMNS = {"event_id": "ID", "timestamp": "WHEN", "customer_id": "C", "terminal_id": "T", "amount": "EUR"}


@pytest.fixture(scope="module")
def world() -> pd.DataFrame:
    """Events under the use case's names, their ids numbers written as text, and the label."""
    made = simulators.load("fraud")(start=START, days=20, per_day=20, seed=2)
    return made.assign(event_id=[str(number) for number in range(len(made))])


@pytest.fixture
def file(tmp_path: Path, world: pd.DataFrame) -> Path:
    path = tmp_path / "events.csv"
    renamed = world.rename(columns={**COLUMNS, "fraud": "BAD"})
    renamed.assign(WHEN=pd.to_datetime(renamed["WHEN"], unit="s")).sample(frac=1, random_state=1).to_csv(
        path, index=False
    )
    return path


def run(file: Path, out: Path, *options: str, columns: str = MAP) -> Result:
    return CliRunner().invoke(app, ["features", str(file), "--map", columns, "--out", str(out), *options])


def test_every_event_gets_the_kernels_features_under_its_own_id(
    file: Path, tmp_path: Path, world: pd.DataFrame
) -> None:
    out = tmp_path / "new" / "folder" / "features.parquet"
    assert run(file, out).exit_code == 0
    found = pd.read_parquet(out)
    expected = training_frame(FRAUD, world.drop(columns="fraud"), world)
    assert list(found) == ["ID", *expected, "label"]
    pd.testing.assert_frame_equal(found[list(expected)], expected)
    assert found["ID"].tolist() == [int(one) for one in expected["event_id"]]
    assert found["label"].tolist() == world.set_index("event_id")["fraud"].loc[expected["event_id"]].tolist()


def test_a_csv_holds_the_same_as_a_parquet_file(file: Path, tmp_path: Path) -> None:
    assert run(file, tmp_path / "f.parquet").exit_code == run(file, tmp_path / "f.csv").exit_code == 0
    texts = dict.fromkeys(("event_id", "customer_id", "terminal_id"), str)
    written = pd.read_csv(tmp_path / "f.csv", dtype={**texts, "label": "Int8"})
    pd.testing.assert_frame_equal(written, pd.read_parquet(tmp_path / "f.parquet"), check_exact=False, rtol=1e-12)


def test_only_the_wanted_part_of_time_is_written_and_older_events_still_count(file: Path, tmp_path: Path) -> None:
    assert run(file, tmp_path / "all.parquet").exit_code == 0
    assert run(file, tmp_path / "part.parquet", "--from", "2026-01-11", "--until", "2026-01-13").exit_code == 0
    everything = pd.read_parquet(tmp_path / "all.parquet")
    wanted = everything["timestamp"].between(START + 10 * DAY_S, START + 12 * DAY_S - 1)
    expected = everything[wanted].reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "part.parquet"), expected)
    assert expected["customer_count_7d"].max() > 1


def test_without_a_label_windows_over_labels_are_empty_and_it_says_so(
    file: Path, tmp_path: Path, world: pd.DataFrame
) -> None:
    out = tmp_path / "f.parquet"
    result = run(file, out, "--json", columns=MAP.removesuffix(",label=BAD"))
    assert result.exit_code == 0
    assert "the files have no label, so terminal_fraud_rate_1d" in result.stderr
    assert json.loads(result.stdout)["notices"][0].endswith("--map label=COLUMN, or give --labels FILE")
    found = pd.read_parquet(out)
    assert "label" not in found
    pd.testing.assert_frame_equal(found.drop(columns="ID"), training_frame(FRAUD, world.drop(columns="fraud")))


def test_labels_of_another_file_are_corrected_late_and_of_unknown_events(
    file: Path, tmp_path: Path, world: pd.DataFrame
) -> None:
    event = world.iloc[0]
    given = event["timestamp"] + pd.Series([2, 1, 3]) * WEEK_S
    labels = pd.DataFrame({"ID": [event["event_id"]] * 2 + ["999999"], "BAD": [1, 0, 1], "labelled_at": given})
    labels.to_csv(tmp_path / "labels.csv", index=False)
    result = run(file, tmp_path / "f.parquet", "--labels", str(tmp_path / "labels.csv"), "--json")
    assert result.exit_code == 0, result.stderr
    summary = json.loads(result.stdout)
    assert (summary["labelled_rows"], summary["positives"]) == (1, 1)
    assert summary["notices"] == ["1 labels are of events that are not in the files"]
    found = pd.read_parquet(tmp_path / "f.parquet")
    assert found.loc[found["ID"] == int(event["event_id"]), "label"].tolist() == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda it: pd.concat([it, it.assign(BAD=0)]), "ID: has several labels, and no column 'labelled_at' says"),
        (lambda it: it.assign(BAD=None), "BAD: is missing in 1 rows, first in row 0"),
        (lambda it: it.assign(labelled_at=START - 1), "labelled_at: the label of '3' is given before its event"),
        (lambda it: it.drop(columns="BAD"), "fraud: labels.csv has no column 'BAD'"),
    ],
)
def test_a_wrong_label_file_is_refused(
    tmp_path: Path, world: pd.DataFrame, change: Callable[[pd.DataFrame], pd.DataFrame], message: str
) -> None:
    path = tmp_path / "labels.csv"
    change(pd.DataFrame({"ID": [3], "BAD": [1]})).to_csv(path, index=False)
    with pytest.raises(UseCaseError) as caught:
        read_labels([path], FRAUD, {"event_id": "ID", "label": "BAD"}, world)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("options", "columns", "out", "message"),
    [
        ((), MAP, "f.xlsx", "--out: cannot write .xlsx; use .parquet or .csv"),
        ((), MAP, ".", "--out: cannot write a file without suffix"),
        ((), MAP.replace("EUR", "EURO"), "f.csv", "amount: events.csv has no column 'EURO'; there are ID, WHEN"),
        ((), MAP.replace("amount=EUR", "amount=T"), "f.csv", "T: is not a number in"),
        (("--from", "2027-01-01"), MAP, "f.csv", "no event lies between --from and --until; the files hold 2026-01-01"),
        (("--usecase", "frauds"), MAP, "f.csv", "there is no use case 'frauds'"),
    ],
)
def test_what_does_not_fit_is_one_line_and_exit_code_2(
    file: Path, options: tuple[str, ...], columns: str, out: str, message: str
) -> None:
    tmp_path = file.parent
    result = run(file, tmp_path / out, *options, columns=columns)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["events.csv"]


def test_a_checked_result_has_a_report_beside_it(file: Path, tmp_path: Path) -> None:
    result = run(file, tmp_path / "f.parquet", "--check", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["quality"]["passed"]
    assert {path.name for path in (tmp_path / "f.quality").iterdir()} == {"quality.json", "quality.html"}
    unlabelled = run(file, tmp_path / "g.csv", "--check", columns=MAP.removesuffix(",label=BAD"))
    assert unlabelled.exit_code == 0


def test_a_result_that_the_gate_refuses_is_exit_code_3_and_every_rule(file: Path, tmp_path: Path) -> None:
    cents = pd.read_csv(file)
    cents.assign(EUR=cents["EUR"] * 100, BAD=0).to_csv(file, index=False)
    result = run(file, tmp_path / "f.parquet", "--check", "--json")
    assert result.exit_code == 3
    assert (tmp_path / "f.parquet").exists()
    failures = json.loads(result.stdout)["quality"]["failed"]
    assert [words.partition(":")[0] for words in failures] == ["label", "amount"]
    assert "expected 5 to 500, found " in result.stderr
    judged = CliRunner().invoke(app, ["quality", str(tmp_path / "f.parquet"), "--out", str(tmp_path / "q"), "--json"])
    assert judged.exit_code == 3
    assert json.loads(judged.stdout)["failed"] == failures
    assert (tmp_path / "q" / "quality.html").exists()


def test_a_training_set_that_is_not_there_is_exit_code_1(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["quality", str(tmp_path / "absent")])
    assert result.exit_code == 1
    assert "there is no file or folder" in result.stderr


def test_fields_that_only_the_gate_or_a_facet_looks_at_are_kept() -> None:
    channel = Field(name="channel", type="string", required=False)
    usecase = replace(
        FRAUD,
        event=replace(FRAUD.event, fields=(*FRAUD.event.fields, channel)),
        expectations=(Expectation(column="channel", allowed=("web", "shop")),),
    )
    events = pd.DataFrame({"event_id": ["b", "a"], "timestamp": [2, 1], "channel": ["shop", None]})
    frame = pd.DataFrame({"event_id": ["a", "b"], "timestamp": [1, 2], "amount": [1.0, 2.0]})
    found = presented(usecase, frame, events)
    assert list(found) == ["event_id", "timestamp", "amount", "channel"]
    assert found["channel"].tolist() == [None, "shop"]
