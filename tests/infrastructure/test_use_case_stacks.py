"""The stacks follow the use case: what it hashes, removes, scores and asks for is in the templates."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from aws_cdk.assertions import Template
from synthesized import joined, text

import app as composition
import usecases
from headrace.errors import UseCaseError
from headrace.usecase import Between, Cluster, Field, Tuning, UseCase
from pipelines.retraining.sizes import most_rows
from stacks.application import Application

SECRET = "AWS::SecretsManager::Secret"


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """A use case with personal fields, no scoring in the stream, more machines and a search, under nag like any."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: _variant())
        app = Application(
            context={"usecase": "fraud", "stage": "prod"}, outdir=str(tmp_path_factory.mktemp("variant") / "assembly")
        )
        composition.build(app)
        app.synth()
    return {
        noun: Template.from_stack(app.node.find_child(f"headrace-fraud-prod-{noun}")).to_json()["Resources"]
        for noun in ("lake", "ingestion", "features", "training", "endpoint", "retraining")
    }


def _variant() -> UseCase:
    fraud = _FRAUD
    personal = (
        Field(name="card_number", type="string", privacy="hash"),
        Field(name="holder", type="string", privacy="remove"),
    )
    return replace(
        fraud,
        event=replace(fraud.event, fields=(*fraud.event.fields, *personal)),
        model=replace(fraud.model, tuning=Tuning(ranges={"max_depth": Between(3, 10)}), cluster=Cluster(instances=4)),
        serving=replace(fraud.serving, score_stream=False, min_instances=3, capture_percent=20),
        alerts=None,
    )


_FRAUD = usecases.load("fraud")


def test_a_hashed_field_brings_a_secret_key_that_only_the_transform_reads(templates: dict[str, dict]) -> None:
    (secret,) = [it["Properties"] for it in templates["ingestion"].values() if it["Type"] == SECRET]
    assert "ExportsOutputFnGetAttKey" in text(secret["KmsKeyId"])
    functions = [it["Properties"] for it in templates["ingestion"].values() if it["Type"] == "AWS::Lambda::Function"]
    (function,) = [it for it in functions if "MASK_KEY_SECRET_ARN" in it["Environment"]["Variables"]]
    assert function["Handler"] == "lambdas.delivery_transform.handler.handler"
    assert "MaskKey" in text(function["Environment"]["Variables"]["MASK_KEY_SECRET_ARN"])
    readers = [
        name for name, it in templates["ingestion"].items() if "secretsmanager:GetSecretValue" in text(it["Properties"])
    ]
    assert [name.startswith("DeliveryTransformRole") for name in readers] == [True]
    (policy,) = [templates["ingestion"][name]["Properties"]["PolicyDocument"]["Statement"] for name in readers]
    (opened,) = [it for it in policy if it["Action"] == "kms:Decrypt"]
    assert opened["Condition"] == {"StringEquals": {"kms:ViaService": "secretsmanager.eu-west-1.amazonaws.com"}}
    assert opened["Resource"] == secret["KmsKeyId"], "whoever reads a secret must be able to decrypt it"


def test_the_key_of_the_hash_outlives_its_stack_wherever_the_lake_does(templates: dict[str, dict]) -> None:
    (secret,) = [it for it in templates["ingestion"].values() if it["Type"] == SECRET]
    assert (secret["DeletionPolicy"], secret["UpdateReplacePolicy"]) == ("Retain", "Retain")


def test_a_hashed_field_is_text_in_the_lake_and_a_removed_one_is_absent(templates: dict[str, dict]) -> None:
    tables = [it["Properties"]["TableInput"] for it in templates["lake"].values() if it["Type"] == "AWS::Glue::Table"]
    (events,) = [it for it in tables if it["Name"] == "events"]
    columns = {it["Name"]: it["Type"] for it in events["StorageDescriptor"]["Columns"]}
    assert columns["card_number"] == "string"
    assert "holder" not in columns


def test_without_scoring_in_the_stream_enrichment_may_not_invoke_the_model(templates: dict[str, dict]) -> None:
    functions = [it["Properties"] for it in templates["features"].values() if it["Type"] == "AWS::Lambda::Function"]
    (enrichment,) = [it for it in functions if "enrichment" in it["Handler"]]
    assert "ENDPOINT_NAME" not in enrichment["Environment"]["Variables"]
    assert "sagemaker:InvokeEndpoint" not in text(templates["features"])


def test_without_alerts_enrichment_may_tell_nobody(templates: dict[str, dict]) -> None:
    assert "events:PutEvents" not in text(templates["features"])


def test_the_endpoint_takes_fleet_and_sampling_from_the_use_case(templates: dict[str, dict]) -> None:
    config = templates["endpoint"]["Config"]["Properties"]
    assert config["ProductionVariants"][0]["InitialInstanceCount"] == 3
    assert config["DataCaptureConfig"]["InitialSamplingPercentage"] == 20


def test_use_case_without_personal_data_has_no_secret(prod) -> None:
    assert not [it for _, _, it in prod.everything() if it["Type"] == SECRET]


def test_the_composition_root_names_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments, message in (
        (["-c", "stage"], "'stage' is not KEY=VALUE"),
        (["-c", "stage=nowhere"], "there is no stage 'nowhere'; use one of dev, local, prod, staging"),
    ):
        monkeypatch.setattr("sys.argv", ["app.py", "-o", str(tmp_path), *arguments])
        with pytest.raises(SystemExit, match="2"):
            composition.main()
        assert message in capsys.readouterr().err


def test_a_hashed_entity_key_is_refused_where_enrichment_could_not_log_it(tmp_path: Path) -> None:
    fields = tuple(replace(it, privacy="hash") if it.name == "customer_id" else it for it in _FRAUD.event.fields)
    hashed = replace(_FRAUD, event=replace(_FRAUD.event, fields=fields))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: hashed)
        app = Application(context={"usecase": "fraud", "stage": "prod"}, outdir=str(tmp_path / "assembly"))
        with pytest.raises(UseCaseError, match=r"entities\[customer\]\.key: 'customer_id' is hashed"):
            composition.build(app)


def test_a_search_for_hyperparameters_is_a_step_that_the_pipelines_role_may_start(templates: dict[str, dict]) -> None:
    (pipeline,) = [it for it in templates["training"].values() if it["Type"] == "AWS::SageMaker::Pipeline"]
    assert "HyperParameterTuningJobConfig" in text(pipeline)
    policies = [it["Properties"] for it in templates["training"].values() if it["Type"] == "AWS::IAM::Policy"]
    statements = [it for policy in policies for it in policy["PolicyDocument"]["Statement"]]
    (granted,) = [it for it in statements if "sagemaker:CreateHyperParameterTuningJob" in it["Action"]]
    assert "sagemaker:ListTrainingJobsForHyperParameterTuningJob" in granted["Action"]
    assert ":hyper-parameter-tuning-job/*" in text(granted["Resource"])


def test_several_machines_train_and_the_smallest_is_chosen_that_holds_a_share(templates: dict[str, dict]) -> None:
    (pipeline,) = [it for it in templates["training"].values() if it["Type"] == "AWS::SageMaker::Pipeline"]
    body = json.loads(joined(pipeline["Properties"]["PipelineDefinition"]["PipelineDefinitionBody"]))
    (tune,) = [it["Arguments"] for it in body["Steps"] if it["Name"] == "Tune"]
    assert tune["TrainingJobDefinition"]["ResourceConfig"]["InstanceCount"] == 4
    (machine,) = [it for it in templates["retraining"].values() if it["Type"] == "AWS::StepFunctions::StateMachine"]
    states = json.loads(joined(machine["Properties"]["DefinitionString"]))["States"]
    limits = [it["NumericLessThanEquals"] for it in states["Machine given?"]["Choices"][2:]]
    held = Cluster(instances=4).held(_FRAUD.model.validation_fraction)
    assert limits == [*most_rows(features=len(_FRAUD.feature_names), held=held).values()]
