"""What retraining promises: one pipeline run per execution, patience, and word of how it ended."""

import json

from synthesized import Synthesized, joined, listed, text

import usecases
from pipelines.retraining.sizes import MACHINES, training_size

MACHINE = "AWS::StepFunctions::StateMachine"


def test_a_start_that_is_tried_again_starts_nothing_new(prod: Synthesized) -> None:
    start = _states(prod)["Start"]
    assert start["Resource"].endswith(":aws-sdk:sagemaker:startPipelineExecution")
    # Sixty-four characters, of which SageMaker wants at least 32, equal for every attempt of one execution.
    assert start["Parameters"]["ClientRequestToken.$"] == "States.Hash($$.Execution.Id, 'SHA-256')"
    assert start["Parameters"]["PipelineName"] == "headrace-fraud-prod-training"


def test_every_parameter_it_sends_is_one_the_pipeline_declares(prod: Synthesized) -> None:
    sent = {it["Name"] for it in _states(prod)["Start"]["Parameters"]["PipelineParameters"]}
    body = prod.only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    declared = {it["Name"] for it in json.loads(joined(body))["Parameters"]}
    assert sent == {
        "InputData",
        "DataVersion",
        "TriggerReason",
        "DriftSeverity",
        "ModelApprovalStatus",
        "ChampionModel",
        "TrainingInstanceType",
    }
    assert sent <= declared


def test_what_a_caller_leaves_out_is_filled_in(prod: Synthesized) -> None:
    states = _states(prod)
    assert states["Defaults"]["Parameters"]["defaults"]["ModelApprovalStatus"] == "PendingManualApproval"
    assert states["Defaults"]["Parameters"]["defaults"]["DataVersion.$"] == "$$.Execution.Name"
    assert states["Input"]["Parameters"]["run.$"] == "States.JsonMerge($.defaults, $.given, false)"


def test_the_machine_is_the_smallest_that_holds_the_rows(prod: Synthesized) -> None:
    states, features = _states(prod), len(usecases.load("fraud").feature_names)
    assert states["Input"]["Next"] == "Machine given?"
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
    assert refused["Next"] == "Tell of failure"


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


def test_it_looks_every_minute_and_stays_below_the_limit_of_history(prod: Synthesized, local: Synthesized) -> None:
    assert _states(prod)["Wait"]["Seconds"] == 60
    for stage in (prod, local):
        definition = _definition(stage)
        polls = definition["TimeoutSeconds"] / definition["States"]["Wait"]["Seconds"]
        assert polls * 10 <= 25_000


def test_a_running_or_stopping_pipeline_is_waited_for(prod: Synthesized) -> None:
    first = _states(prod)["Ended?"]["Choices"][0]
    assert first["Next"] == "Wait"
    assert {it["StringEquals"] for it in first["Or"]} == {"Executing", "Stopping"}


def test_calls_are_retried_and_failures_end_in_a_message(prod: Synthesized) -> None:
    states = _states(prod)
    for name in ("Find champion", "Find champion further", "Describe champion", "Start", "Look"):
        assert states[name]["Retry"][0]["MaxAttempts"] > 0
        assert states[name]["Catch"][0]["ErrorEquals"] == ["States.ALL"]
        assert states[name]["Catch"][0]["Next"] == "Tell of failure"
    assert states["Tell of failure"]["Next"] == "Failed"
    assert states["Tell of success"]["Next"] == "Succeeded"
    assert states["Failed"] == {"Type": "Fail", "ErrorPath": "$.failure.Error", "CausePath": "$.failure.Cause"}


def test_a_run_that_was_cut_short_is_reported_by_a_rule(prod: Synthesized) -> None:
    pattern = prod.only("retraining", "AWS::Events::Rule")["EventPattern"]
    assert pattern["detail"]["status"] == ["ABORTED", "TIMED_OUT"]


def test_every_run_is_logged_and_traced(prod: Synthesized) -> None:
    machine = prod.only("retraining", MACHINE)
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_it_may_start_our_pipeline_and_read_our_models_only(prod: Synthesized) -> None:
    granted = {
        s["Action"]: " ".join(text(it) for it in listed(s["Resource"]))
        for s in prod.statements("retraining")
        if "sagemaker" in text(s["Action"])
    }
    ours = {
        "sagemaker:StartPipelineExecution": ":pipeline/headrace-fraud-prod-training",
        "sagemaker:DescribePipelineExecution": ":pipeline/headrace-fraud-prod-training/execution/*",
        "sagemaker:ListModelPackages": ":model-package-group/headrace-fraud-prod",
        "sagemaker:DescribeModelPackage": ":model-package/headrace-fraud-prod/*",
    }
    assert granted.keys() == ours.keys()
    assert all(ours[action] in resources for action, resources in granted.items())


def _definition(stage: Synthesized) -> dict:
    return json.loads(joined(stage.only("retraining", MACHINE)["DefinitionString"]))


def _states(stage: Synthesized) -> dict:
    return _definition(stage)["States"]
