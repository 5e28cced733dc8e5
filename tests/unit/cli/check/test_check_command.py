"""What is risky about a use case is found in its definition and in its data, and named with what to do about it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import simulators
import usecases
from cli.check import command, data, definition
from cli.check.deployment import counted
from cli.check.finding import ORDER, Finding
from cli.main import app
from headrace.usecase import Entity, Event, Field, Gate, UseCase

START = 1_767_225_600
FRAUD = usecases.load("fraud")


def found(usecase: UseCase) -> dict[str, Finding]:
    return {it.where: it for it in definition.risks(usecase)}


def with_fields(*fields: Field, **changes: object) -> UseCase:
    return replace(FRAUD, event=Event(fields=(*FRAUD.event.fields, *fields)), **changes)


def test_the_reference_use_case_has_no_grave_risk() -> None:
    assert not [it for it in definition.risks(FRAUD) if it.severity == "high"]


@pytest.mark.parametrize(
    ("usecase", "where", "severity"),
    [
        (with_fields(Field(name="email", type="string")), "fields[email]", "high"),
        (with_fields(Field(name="shop_id", type="integer"), inputs=("amount", "shop_id")), "inputs[shop_id]", "medium"),
        (
            replace(FRAUD, model=replace(FRAUD.model, gates=(Gate(metric="auc", minimum=0),))),
            "model.gates[auc]",
            "high",
        ),
        (replace(FRAUD, decision=replace(FRAUD.decision, fallback="APPROVE")), "decision.fallback", "medium"),
        (replace(FRAUD, label=replace(FRAUD.label, missed_cost=1)), "label.missed_cost", "low"),
        (replace(FRAUD, model=replace(FRAUD.model, split="stratified")), "model.split", "high"),
        (replace(FRAUD, entities=tuple(replace(it, snapshot=None) for it in FRAUD.entities)), "entities", "low"),
        (FRAUD, "serving.min_instances", "low"),
        (FRAUD, "entities[customer]", "low"),
    ],
)
def test_a_definition_shows_its_risks(usecase: UseCase, where: str, severity: str) -> None:
    assert found(usecase)[where].severity == severity


def test_masked_fields_and_careful_answers_are_no_risk() -> None:
    masked = with_fields(
        Field(name="email", type="string", privacy="hash"), Field(name="ssn", type="string", privacy="remove")
    )
    assert not {"fields[email]", "fields[ssn]", "decision.fallback", "inputs[amount]"} & found(masked).keys()


def test_a_batch_needs_no_spare_instance_and_label_windows_no_buckets() -> None:
    assert "serving.min_instances" not in found(usecases.load("churn"))
    assert "entities[branch]" not in found(usecases.load("loans"))


def test_a_key_that_is_personal_cannot_be_hashed_here_and_the_fix_says_so() -> None:
    entities = (*FRAUD.entities, Entity(name="person", key="email"))
    assert (
        "send a hash of it"
        in found(with_fields(Field(name="email", type="string"), entities=entities))["fields[email]"].fix
    )


def events(folder: Path, change: Callable[[pd.DataFrame], pd.DataFrame]) -> Path:
    path = folder / "events.csv"
    change(simulators.load("fraud")(start=START, days=30, per_day=80, seed=2)).to_csv(path, index=False)
    return path


def risks_of(path: Path, *fields: Field, **changes: object) -> dict[str, Finding]:
    usecase = with_fields(*fields, **changes)
    return {it.where: it for it in data.risks(usecase, [path], {})}


def test_a_feature_that_knows_the_answer_is_a_suspect(tmp_path: Path) -> None:
    noise = np.random.default_rng(1)
    path = events(tmp_path, lambda it: it.assign(chargeback=it["fraud"] + noise.normal(0, 0.01, len(it))))
    leak = risks_of(path, Field(name="chargeback", type="number"), inputs=("amount", "chargeback"))
    assert leak["features[chargeback]"].severity == "high"
    assert "a leak of the truth?" in leak["features[chargeback]"].what
    assert "features[amount]" not in leak


def test_ids_constants_and_gaps_among_the_features_are_named(tmp_path: Path) -> None:
    def odd(it: pd.DataFrame) -> pd.DataFrame:
        gaps = np.where(np.arange(len(it)) % 4, np.nan, np.arange(len(it)) % 7)
        return it.assign(ticket=np.random.default_rng(1).permutation(len(it)), one=1.0, gaps=gaps)

    fields = (
        Field(name="ticket", type="integer"),
        Field(name="one", type="number"),
        Field(name="gaps", type="number", required=False),
    )
    said = risks_of(events(tmp_path, odd), *fields, inputs=("amount", "ticket", "one", "gaps"))
    assert said["inputs[ticket]"].severity == "high"
    assert said["features[one]"].what == "never varies in these files"
    assert said["features[gaps]"].what == "is missing in 75% of the rows"


def test_personal_values_are_found_whatever_the_field_is_called(tmp_path: Path) -> None:
    path = events(tmp_path, lambda it: it.assign(note=[f"p{number}@example.com" for number in range(len(it))]))
    assert "an e-mail address" in risks_of(path, Field(name="note", type="string"))["fields[note]"].what
    assert "fields[note]" not in risks_of(path, Field(name="note", type="string", privacy="remove"))


def test_few_positives_imbalance_and_a_short_history_are_said(tmp_path: Path) -> None:
    few = risks_of(events(tmp_path, lambda it: it.assign(fraud=(np.arange(len(it)) < 20).astype(int))))
    assert "positive in 20 of" in few["label"].what
    assert few["windows"].severity == "medium"
    rare = events(tmp_path, lambda it: pd.concat([it] * 12).assign(event_id=range(12 * len(it)), fraud=0))
    frame = pd.read_csv(rare)
    frame.loc[frame.index % 200 == 0, "fraud"] = 1
    frame.to_csv(rare, index=False)
    assert "accuracy says nothing" in risks_of(rare)["label"].what


def test_files_without_the_label_are_named(tmp_path: Path) -> None:
    assert risks_of(events(tmp_path, lambda it: it.drop(columns="fraud")))["label"].severity == "high"


def test_templates_are_counted_by_what_they_create(tmp_path: Path) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Handler": "lambdas.enrichment.handler.handler"}}
    resources = {"A": {"Type": "AWS::Kinesis::Stream"}, "B": function, "C": {"Type": "AWS::CloudWatch::Alarm"}}
    (tmp_path / "headrace-x-dev-ingestion.template.json").write_text(json.dumps({"Resources": resources}))
    told = counted(tmp_path)
    assert told["stacks"] == {"headrace-x-dev-ingestion": 3}
    assert (told["streams"], told["functions"], told["alarms"], told["tables"]) == (1, ["enrichment"], 1, 0)


def test_findings_come_gravest_first_and_as_json(tmp_path: Path) -> None:
    path = events(tmp_path, lambda it: it)
    options = command.Options(usecase="fraud", files=[path], columns={}, stage=None)
    severities = [it.severity for it in command.check(options).findings]
    assert severities == sorted(severities, key=ORDER.index)
    done = CliRunner().invoke(app, ["check", "fraud", "--stage", "none", "--from", str(path), "--json"])
    document = json.loads(done.stdout)
    assert document["features"] == len(FRAUD.feature_names)
    assert document["deploys"] == {}
    assert {it["where"] for it in document["findings"]} >= {"serving.min_instances"}


def test_an_unknown_use_case_is_refused_with_those_that_there_are() -> None:
    done = CliRunner().invoke(app, ["check", "weather"])
    assert done.exit_code == 2
    assert "fraud" in done.output
