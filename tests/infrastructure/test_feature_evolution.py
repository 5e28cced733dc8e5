"""What a changed use case does to the templates: feature groups grow in place, or begin anew beside the old ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

import usecases
from headrace.errors import UseCaseError
from headrace.evolution import Record, compare, record_of
from headrace.usecase import UseCase, Window
from stacks import recorded
from stacks.application import Application
from stacks.features import FeaturesStack
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack

FRAUD = usecases.load("fraud")
NEW = Window(entity="customer", function="min", over="amount", lengths=("7d",))
GROWN = replace(FRAUD, windows=(NEW, *FRAUD.windows))
RAISED = replace(FRAUD, windows=FRAUD.windows[1:], version=2)
Make = Callable[..., Application]
Groups = dict[str, dict[str, Any]]


@pytest.fixture
def application(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """An application of a use case, a record and a stage."""

    def make(usecase: UseCase, record: Record | None, stage: str = "dev") -> Application:
        monkeypatch.setattr(usecases, "load", lambda _: usecase)
        monkeypatch.setattr(recorded, "load", lambda _: record)
        return Application(context={"usecase": "fraud", "stage": stage}, outdir=str(tmp_path / "assembly"))

    return make


@pytest.fixture
def groups(application: Make) -> Callable[[UseCase, Record | None], Groups]:
    """Properties of the feature groups by logical id."""

    def synthesized(usecase: UseCase, record: Record | None) -> Groups:
        app = application(usecase, record)
        lake = LakeStack(app, target=app.target).lake
        ingestion = IngestionStack(app, target=app.target, lake=lake).ingestion
        stack = FeaturesStack(app, target=app.target, lake=lake, ingestion=ingestion)
        found = Template.from_stack(stack).find_resources("AWS::SageMaker::FeatureGroup")
        return {logical_id: resource["Properties"] for logical_id, resource in found.items()}

    return synthesized


def names(group: dict[str, Any]) -> list[str]:
    return [it["FeatureName"] for it in group["FeatureDefinitions"]]


def test_a_new_window_appends_a_definition_to_its_group_and_changes_nothing_else(groups) -> None:
    before = groups(FRAUD, record_of(FRAUD))
    after = groups(GROWN, compare(record_of(FRAUD), GROWN).after)
    assert before.keys() == after.keys()
    grown = [name for name in before if before[name] != after[name]]
    assert [before[name]["FeatureGroupName"] for name in grown] == ["headrace-fraud-dev-customer"]
    old, new = before[grown[0]], after[grown[0]]
    added = {"FeatureName": "customer_amount_min_7d", "FeatureType": "Fractional"}
    assert new["FeatureDefinitions"] == [*old["FeatureDefinitions"], added]
    assert {**new, "FeatureDefinitions": None} == {**old, "FeatureDefinitions": None}


def test_a_raised_version_begins_new_groups_and_leaves_the_old_ones_as_they_are(groups) -> None:
    record = record_of(FRAUD)
    before = groups(FRAUD, record)
    after = groups(RAISED, compare(record, RAISED).after)
    assert {name: after[name] for name in before} == before
    new = {it["FeatureGroupName"]: it for name, it in after.items() if name not in before}
    assert new.keys() == {"headrace-fraud-dev-customer-v2", "headrace-fraud-dev-terminal-v2"}
    assert not [name for name in names(new["headrace-fraud-dev-customer-v2"]) if "count" in name]


def test_a_retired_version_leaves_the_template(groups) -> None:
    after = groups(RAISED, compare(record_of(FRAUD), RAISED).after.without(1))
    assert {it["FeatureGroupName"] for it in after.values()} == {
        "headrace-fraud-dev-customer-v2",
        "headrace-fraud-dev-terminal-v2",
    }


@pytest.mark.parametrize("stage", ["dev", "staging", "prod"])
@pytest.mark.parametrize(
    ("usecase", "message"),
    [
        (GROWN, r"features\[customer_amount_min_7d\]: is not in the record of deployed features; run `headrace evolve"),
        (replace(RAISED, version=1), r"features\[customer_count_1d\]: was deployed and is gone; put it back, or raise"),
        (RAISED, r"features\[customer_count_1d\]|version"),
    ],
)
def test_what_is_not_recorded_is_not_synthesized(application: Make, usecase: UseCase, message: str, stage: str) -> None:
    with pytest.raises(UseCaseError, match=message):
        application(usecase, record_of(FRAUD), stage)


def test_the_local_cloud_forgets_everything_and_asks_for_no_record(application: Make) -> None:
    assert application(replace(RAISED, version=1), record_of(FRAUD), "local").target.usecase.version == 1


@pytest.mark.parametrize("stage", ["local", "dev", "staging"])
def test_a_new_use_case_needs_no_record_where_data_is_not_kept(application: Make, stage: str) -> None:
    assert application(FRAUD, None, stage).target.record is None


def test_production_wants_a_record_before_the_first_deployment(application: Make) -> None:
    with pytest.raises(UseCaseError, match="features: are not recorded, and prod keeps its data; run `headrace evolve"):
        application(FRAUD, None, "prod")
