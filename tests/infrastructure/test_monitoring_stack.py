"""What monitoring promises: one run a window, patience with what passes, word of what fails, and rights no wider."""

import json
from dataclasses import replace
from typing import Any

import pytest
from synthesized import Synthesized, joined, listed, text

import usecases
from headrace.monitoring import schedule_name
from headrace.usecase import Facet, Monitor
from stacks.components.monitor_rights import history_of, joins_events
from stacks.stage import stage
from stacks.target import Target

MACHINE, SCHEDULE, ALARM = "AWS::StepFunctions::StateMachine", "AWS::Scheduler::Schedule", "AWS::CloudWatch::Alarm"
ENDPOINT = "headrace-fraud-prod"


def states(stage: Synthesized) -> dict[str, Any]:
    document = json.loads(joined(stage.only("monitoring", MACHINE)["DefinitionString"]))
    found: dict[str, Any] = document["States"]
    return found


def test_every_kind_has_a_schedule_of_its_own_the_lag_after_a_windows_end(prod: Synthesized) -> None:
    monitor = usecases.load("fraud").monitor
    found = {it["Name"]: it for it in prod.resources("monitoring", SCHEDULE)}
    assert set(found) == {schedule_name(ENDPOINT, kind) for kind in monitor.kinds}
    for kind in monitor.kinds:
        it = found[schedule_name(ENDPOINT, kind)]
        assert it["ScheduleExpression"] == monitor.cron
        assert it["ScheduleExpressionTimezone"] == "UTC"
        assert it["FlexibleTimeWindow"] == {"Mode": "OFF"}
        assert "KmsKeyArn" in it
        # The time it was meant for, so that a late or doubled delivery is about the same window.
        assert json.loads(it["Target"]["Input"]) == {"kind": kind, "time": "<aws.scheduler.scheduled-time>"}
        assert it["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert "DeadLetters" in text(it["Target"]["DeadLetterConfig"])


def test_a_job_has_the_name_of_the_plan_so_that_a_window_is_judged_once(prod: Synthesized) -> None:
    found = states(prod)
    create = found["Create"]
    assert create["Resource"].endswith(":aws-sdk:sagemaker:createProcessingJob")
    assert create["Parameters"]["ProcessingJobName.$"] == "$.job"
    assert found["First job"]["InputPath"] == "$.plan.names[0]"
    taken = [it for it in create["Catch"] if "SageMaker.ResourceInUseException" in it["ErrorEquals"]]
    assert [it["Next"] for it in taken] == ["Wait"]


def test_a_job_runs_the_image_and_the_code_of_training_and_reaches_nothing(prod: Synthesized) -> None:
    asked = states(prod)["Create"]["Parameters"]
    pipeline = prod.only("training", "AWS::SageMaker::Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    trained = joined(pipeline)
    assert asked["AppSpecification"]["ImageUri"] in trained
    assert asked["AppSpecification"]["ContainerEntrypoint"] == ["python3", "-m", "pipelines.jobs.monitor"]
    assert asked["Environment"]["PYTHONPATH"].rsplit("/", 1)[-1] in trained
    assert asked["NetworkConfig"] == {"EnableNetworkIsolation": True}
    assert asked["StoppingCondition"]["MaxRuntimeInSeconds"] > 0
    assert asked["ProcessingResources"]["ClusterConfig"]["VolumeKmsKeyId"]
    assert asked["ProcessingOutputConfig"]["KmsKeyId"]


def test_what_passes_is_tried_again_with_growing_pauses(prod: Synthesized) -> None:
    for name in ("Plan", "Create", "Look", "Publish"):
        for retry in states(prod)[name]["Retry"]:
            assert retry["BackoffRate"] > 1
            assert retry["MaxAttempts"] >= 5


def test_every_failure_is_told_and_ends_the_run_as_failed(prod: Synthesized) -> None:
    found = states(prod)
    for name in ("Plan", "Create", "Look", "Publish"):
        assert {"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Tell of failure"} in found[name][
            "Catch"
        ]
    assert found["Tell of failure"]["Next"] == "Failed"
    assert found["Failed"]["Type"] == "Fail"
    jobs = min(2, usecases.load("fraud").monitor.compute.instances)  # several machines count before one judges
    longest_s = json.loads(joined(prod.only("monitoring", MACHINE)["DefinitionString"]))["TimeoutSeconds"]
    assert longest_s == jobs * 14_400


def test_a_job_that_sagemaker_lost_is_started_once_more_and_one_that_refused_is_not(prod: Synthesized) -> None:
    running, completed, lost, explained = states(prod)["Ended?"]["Choices"]
    assert (running["Next"], completed["Next"], lost["Next"]) == ("Wait", "Publish", "Second job")
    assert {"Variable": "$.job", "StringMatches": "*-1"} in lost["And"]
    assert {"Not": {"Variable": "$.look.FailureReason", "StringMatches": "Algorithm*"}} in lost["And"]
    assert explained["Next"] == "Reason given"


def test_alarms_on_what_was_found_keep_their_state_between_runs(prod: Synthesized) -> None:
    found = [it for it in prod.resources("monitoring", ALARM) if it["Namespace"] == "Headrace/Monitor"]
    dimensions = [{it["Name"]: it["Value"] for it in alarm["Dimensions"]} for alarm in found]
    assert dimensions == [
        {"UseCase": "fraud", "Stage": "prod", "Monitor": kind} for kind in usecases.load("fraud").monitor.kinds
    ]
    for alarm in found:
        assert (alarm["MetricName"], alarm["Statistic"], alarm["TreatMissingData"]) == (
            "violations",
            "Maximum",
            "ignore",
        )


@pytest.mark.parametrize(
    ("role", "actions"),
    [
        ("JobRole", {"s3:GetObject", "s3:PutObject", "s3:ListBucket", "kms:CreateGrant", "ecr:BatchGetImage"}),
        ("MonitoringRole", {"sagemaker:DescribeEndpoint", "sagemaker:DescribeModelPackage", "s3:PutObject"}),
        ("MachineRole", {"sagemaker:CreateProcessingJob", "iam:PassRole", "lambda:InvokeFunction", "sns:Publish"}),
        ("SchedulesRole", {"states:StartExecution", "sqs:SendMessage"}),
    ],
)
def test_each_role_may_do_its_part(prod: Synthesized, role: str, actions: set[str]) -> None:
    assert actions <= prod.actions("monitoring", role)


def test_a_job_writes_documents_of_monitors_and_nothing_else(prod: Synthesized) -> None:
    writes = [it for it in prod.statements("monitoring", "JobRole") if "s3:PutObject" in listed(it["Action"])]
    assert [text(it["Resource"]).count("monitoring/*") for it in writes] == [1]


def test_a_job_reads_earlier_runs_of_its_own_monitor_of_the_data_and_of_no_other(prod: Synthesized) -> None:
    own = f"monitoring/{ENDPOINT}/{ENDPOINT}-data-quality/"
    for action in ("s3:GetObject", "s3:ListBucket"):
        read = [it for it in prod.statements("monitoring", "JobRole") if action in listed(it["Action"])]
        asked = text(read)
        assert own in asked
        assert asked.count("monitoring/") == asked.count(own)
    fraud = usecases.load("fraud")
    places = {}
    for monitor in (Monitor(), Monitor(kinds=("attribution",)), Monitor(engine="model_monitor")):
        target = Target(usecase=replace(fraud, monitor=monitor), stage=stage("prod"), region="eu-west-1")
        places[monitor.engine, monitor.kinds] = history_of(target)
    assert list(places.values()) == [own, "", ""]


def test_events_are_read_only_where_nothing_else_tells_of_a_watched_group(prod: Synthesized) -> None:
    loans = usecases.load("loans")
    seen = replace(loans.model, facets=(Facet(field="income", below=500),))
    daily = replace(loans, monitor=Monitor(kinds=("data_quality",)))
    wanted = [joins_events(it) for it in (loans, replace(loans, model=seen), daily, usecases.load("fraud"))]
    assert wanted == [True, False, False, False]
    rights = text([prod.statements("monitoring", role) for role in ("JobRole", "MonitoringRole")])
    assert "capture/*" in rights
    assert "events/*" not in rights


def test_the_role_of_jobs_is_passed_to_sagemaker_only(prod: Synthesized) -> None:
    (passing,) = [it for it in prod.statements("monitoring", "MachineRole") if it["Action"] == "iam:PassRole"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}


def test_what_monitors_did_is_a_saved_question(prod: Synthesized) -> None:
    queries = {it["Name"]: it for it in prod.resources("monitoring", "AWS::Logs::QueryDefinition")}
    assert set(queries) == {f"{ENDPOINT}/{name}" for name in ("monitor-runs", "feature-drift", "model-verdicts")}
    assert all(it["LogGroupNames"] for it in queries.values())
    asked = queries[f"{ENDPOINT}/model-verdicts"]["QueryString"]
    for measured in ("bias_metric_DI", "feature_attribution_ndcg", "recall", "cost_of_errors"):
        assert measured in asked, "what the runs of these kinds publish"
