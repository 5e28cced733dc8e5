"""What retraining promises: one pipeline run per execution, patience, and word of how it ended."""

import json

from synthesized import Synthesized, joined

import usecases
from headrace.events import RetrainingFinished
from stacks.components.pipeline_states import FAIL_STEP

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
    defaults = states["Defaults"]["Parameters"]["defaults"]
    assert defaults["ModelApprovalStatus"] == "PendingManualApproval"
    assert defaults["DataVersion.$"] == defaults["RequestId.$"] == "$$.Execution.Name"
    assert defaults["Promotion"] == usecases.load("fraud").reaction.promotion
    assert states["Input"]["Parameters"]["run.$"] == "States.JsonMerge($.defaults, $.given, false)"


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


def test_every_task_is_retried_with_growing_pauses_and_caught(prod: Synthesized) -> None:
    tasks = {name: it for name, it in _states(prod).items() if it["Type"] == "Task"}
    assert len(tasks) > 15
    for name, task in tasks.items():
        assert task["Retry"][0]["MaxAttempts"] == 4, name
        assert task["Retry"][0]["BackoffRate"] == 2, name
        assert task["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name


def test_whatever_happens_the_lock_is_released_before_anything_else_is_told(prod: Synthesized) -> None:
    states = _states(prod)
    endings = [it for it in states.values() if it["Type"] == "Pass" and it.get("ResultPath") == "$.end"]
    assert len(endings) == 5
    assert {it["Next"] for it in endings} == {"Release"}
    release = states["Release"]
    assert release["Resource"].endswith(":dynamodb:deleteItem")
    assert release["Parameters"]["ConditionExpression"] == "#owner = :me"
    assert release["Parameters"]["ExpressionAttributeValues"][":me"] == {"S.$": "$$.Execution.Id"}
    for name, following in (("Release", "Publish"), ("Publish", "Tell"), ("Tell", "Over")):
        assert states[name]["Next"] == states[name]["Catch"][0]["Next"] == following
    assert {it["Type"] for it in states.values() if it.get("End")} == set()
    last = {name for name, it in states.items() if it["Type"] in ("Succeed", "Fail")}
    assert last == {"Succeeded", "Failed", "Heard before"}


def test_one_request_runs_once_and_one_retraining_at_a_time(prod: Synthesized) -> None:
    states = _states(prod)
    claim = states["Claim"]
    assert claim["Parameters"]["Item"]["entry_id"] == {"S.$": "$.run.RequestId"}
    assert claim["Parameters"]["ConditionExpression"] == "attribute_not_exists(entry_id) OR #execution = :me"
    taken = {"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "ResultPath": None}
    assert claim["Catch"][0] == {**taken, "Next": "Heard before"}
    assert states["Lock"]["Parameters"]["ConditionExpression"] == "attribute_not_exists(#owner) OR #owner = :me"
    assert states["Lock"]["Catch"][0] == {**taken, "Next": "Find holder"}
    assert states["Ask about holder"]["Resource"].endswith(":aws-sdk:sfn:describeExecution")
    runs = {"Variable": "$.holder.Status", "StringEquals": "RUNNING", "Next": "Busy"}
    assert states["Holder runs?"] == {"Type": "Choice", "Choices": [runs], "Default": "Take over"}
    assert states["Take over"]["Parameters"]["ConditionExpression"] == "#owner = :holder"


def test_a_set_that_nobody_names_is_built_and_every_set_is_judged(prod: Synthesized) -> None:
    states = _states(prod)
    given = states["Training set given?"]
    assert given["Choices"][0]["Variable"] == "$.run.InputData"
    assert (given["Choices"][0]["Next"], given["Default"]) == ("Judge training set", "Build training set")
    build = states["Build training set"]
    assert build["Resource"].endswith(":states:::glue:startJobRun.sync")
    assert build["Parameters"] == {
        "JobName": "headrace-fraud-prod-training-set",
        "Arguments.$": "$.run.TrainingSetArguments",
    }
    job = states["Judge training set"]["Parameters"]
    assert job["AppSpecification"]["ContainerEntrypoint"] == ["python3", "-m", "pipelines.jobs.check_quality"]
    assert job["ProcessingJobName.$"] == "States.Format('headrace-fraud-prod-{}', States.Hash($$.Execution.Id, 'MD5'))"
    assert job["NetworkConfig"] == {"EnableNetworkIsolation": True}


def test_a_registered_model_is_approved_if_the_use_case_says_so_and_nothing_is_frozen(prod: Synthesized) -> None:
    states = _states(prod)
    assert states["Ended?"]["Choices"][1]["Next"] == "Find registered"
    (automatic,) = states["Approve?"]["Choices"]
    assert {"Variable": "$.run.Promotion", "StringEquals": "automatic"} in automatic["And"]
    assert (automatic["Next"], states["Approve?"]["Default"]) == ("Read freeze", "Well")
    assert states["Read freeze"]["Parameters"]["ConsistentRead"] is True
    frozen = states["Promotion frozen?"]
    assert (frozen["Choices"][0]["Next"], frozen["Default"]) == ("Held back", "Approve")
    assert states["Approve"]["Parameters"]["ModelApprovalStatus"] == "Approved"


def test_the_end_goes_to_the_bus_as_the_contract_says(prod: Synthesized) -> None:
    (entry,) = _states(prod)["Publish"]["Parameters"]["Entries"]
    assert (entry["Source"], entry["DetailType"]) == ("headrace", RetrainingFinished.detail_type)
    sent = {name.removesuffix(".$") for name in entry["Detail"]}
    assert sent == set(RetrainingFinished.schema()["properties"])


def test_what_refused_is_told_from_what_failed(prod: Synthesized) -> None:
    states = _states(prod)
    assert {it["StringEquals"] for it in states["Who said no?"]["Choices"][0]["Or"]} == {
        states["Model refused"]["Parameters"]["Error"],
        states["Set refused"]["Parameters"]["Error"],
    }
    body = prod.only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    assert f'"Name": "{FAIL_STEP}", "Type": "Fail"' in joined(body) or f'"Name":"{FAIL_STEP}","Type":"Fail"' in joined(
        body
    )


def test_every_run_is_logged_and_traced(prod: Synthesized) -> None:
    machine = prod.only("retraining", MACHINE)
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def _definition(stage: Synthesized) -> dict:
    return json.loads(joined(stage.only("retraining", MACHINE)["DefinitionString"]))


def _states(stage: Synthesized) -> dict:
    return _definition(stage)["States"]
