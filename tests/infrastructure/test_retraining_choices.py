"""What the retraining machine chooses before it starts the pipeline: the instance type and the champion."""

import json

from synthesized import Synthesized, joined

import usecases
from pipelines.retraining.sizes import MACHINES, training_size

MACHINE = "AWS::StepFunctions::StateMachine"


def test_the_machine_is_the_smallest_that_holds_the_rows(prod: Synthesized) -> None:
    states, features = _states(prod), len(usecases.load("fraud").feature_names)
    assert states["Judged?"]["Choices"][1] == {
        "Variable": "$.gate.ProcessingJobStatus",
        "StringEquals": "Completed",
        "Next": "Machine given?",
    }
    given, unknown, *sized = states["Machine given?"]["Choices"]
    assert given == {"Variable": "$.run.TrainingInstanceType", "IsPresent": True, "Next": "Champion given?"}
    assert unknown["Not"] == {"Variable": "$.run.TrainingRows", "IsPresent": True}
    assert len(sized) == len(MACHINES)
    for choice in sized:
        most = choice["NumericLessThanEquals"]
        machine = states[choice["Next"]]
        assert choice["Variable"] == "$.run.TrainingRows"
        assert machine["Result"] == training_size(rows=most, features=features).instance_type
        assert machine["ResultPath"] == "$.run.TrainingInstanceType"
        assert machine["Next"] == "Champion given?"
    assert [it["NumericLessThanEquals"] for it in sized] == sorted(it["NumericLessThanEquals"] for it in sized)


def test_rows_that_nobody_counted_get_the_machine_that_the_pipeline_is_sized_for(prod: Synthesized) -> None:
    body = prod.only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    defaults = {it["Name"]: it.get("DefaultValue") for it in json.loads(joined(body))["Parameters"]}
    states = _states(prod)
    assert states[states["Machine given?"]["Choices"][1]["Next"]]["Result"] == defaults["TrainingInstanceType"]


def test_more_rows_than_any_machine_holds_end_in_a_message(prod: Synthesized) -> None:
    states = _states(prod)
    refused = states[states["Machine given?"]["Default"]]
    assert refused["ResultPath"] == "$.failure"
    assert refused["Parameters"]["Cause.$"].startswith("States.Format('TrainingRows is {}: give a number up to ")
    assert refused["Next"] == "Who said no?"


def test_the_champion_is_the_newest_approved_model(prod: Synthesized) -> None:
    states = _states(prod)
    assert states["Machine given?"]["Choices"][0]["Next"] == states["Usual machine"]["Next"] == "Champion given?"
    find = states["Find champion"]
    assert find["Resource"].endswith(":aws-sdk:sagemaker:listModelPackages")
    assert (
        find["Parameters"].items()
        >= {
            "ModelPackageGroupName": "headrace-fraud-prod",
            "ModelApprovalStatus": "Approved",
            "SortBy": "CreationTime",
            "SortOrder": "Descending",
        }.items()
    )
    newest = "$.approved.ModelPackageSummaryList[0]"
    assert states["Approved one?"]["Choices"][0] == {"Variable": newest, "IsPresent": True, "Next": "Describe champion"}
    describe = states["Describe champion"]
    assert describe["Parameters"] == {"ModelPackageName.$": f"{newest}.ModelPackageArn"}
    assert describe["ResultSelector"] == {"ModelDataUrl.$": "$.InferenceSpecification.Containers[0].ModelDataUrl"}
    assert states["Champion"]["InputPath"] == "$.champion.ModelDataUrl"
    assert states["Champion"]["ResultPath"] == "$.run.ChampionModel"
    assert states["Champion"]["Next"] == "Start"


def test_an_empty_page_of_models_is_followed_by_the_next(prod: Synthesized) -> None:
    states = _states(prod)
    assert states["Approved one?"]["Choices"][1]["Next"] == "Find champion further"
    assert states["Find champion further"]["Parameters"]["NextToken.$"] == "$.approved.NextToken"
    assert states["Find champion further"]["Next"] == "Approved one?"


def test_without_an_approved_model_the_marker_stands_for_the_champion(prod: Synthesized) -> None:
    states = _states(prod)
    assert states["Approved one?"]["Default"] == "No champion"
    body = prod.only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    defaults = {it["Name"]: it.get("DefaultValue") for it in json.loads(joined(body))["Parameters"]}
    assert states["No champion"]["Result"] == defaults["ChampionModel"]
    assert states["No champion"]["ResultPath"] == "$.run.ChampionModel"
    assert states["No champion"]["Next"] == "Start"


def test_a_champion_that_the_caller_names_is_not_looked_up(prod: Synthesized) -> None:
    given = _states(prod)["Champion given?"]
    assert given["Choices"] == [{"Variable": "$.run.ChampionModel", "IsPresent": True, "Next": "Start"}]
    assert given["Default"] == "Find champion"


def _definition(stage: Synthesized) -> dict:
    return json.loads(joined(stage.only("retraining", MACHINE)["DefinitionString"]))


def _states(stage: Synthesized) -> dict:
    return _definition(stage)["States"]
