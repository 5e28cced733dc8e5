"""What training promises: the checked definition, two narrow roles, and code named by its content."""

import json

from synthesized import Synthesized, joined, listed, text


def test_the_definition_is_under_the_key_that_cloudformation_accepts(prod: Synthesized) -> None:
    pipeline = prod.only("training", "AWS::SageMaker::Pipeline")
    assert list(pipeline["PipelineDefinition"]) == ["PipelineDefinitionBody"]
    assert pipeline["PipelineName"] == "headrace-fraud-prod-training"


def test_the_definition_has_its_steps_and_the_stacks_own_references(prod: Synthesized) -> None:
    body = _definition(prod)
    definition = json.loads(body)
    assert definition["Version"] == "2020-12-01"
    assert {"Preprocess", "Train", "Evaluate", "CheckGates"} <= {step["Name"] for step in definition["Steps"]}
    assert "placeholder" not in body


def test_jobs_run_the_uploaded_code(prod: Synthesized) -> None:
    body, assets = _definition(prod), json.loads((prod.folder / f"{prod.prefix}-training.assets.json").read_text())
    keys = [next(iter(it["destinations"].values()))["objectKey"] for it in assets["files"].values()]
    code = [key for key in keys if not key.endswith(".json")]
    job = text(prod.only("training", "AWS::Glue::Job"))
    in_pipeline, in_job = [key for key in code if key in body], [key for key in code if key in job]
    assert sorted(key.partition(".")[2] for key in in_pipeline) == ["py", "py", "py", "tar.gz", "txt", "zip"]
    assert sorted(key.partition(".")[2] for key in in_job) == ["py", "zip"]
    assert sorted(in_pipeline + in_job) == sorted(code)


def test_the_pipelines_role_starts_jobs_and_the_jobs_role_reads_data(prod: Synthesized) -> None:
    starts, works = prod.actions("training", "PipelineRole"), prod.actions("training", "JobRole")
    assert {"sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob", "sagemaker:CreateModelPackage"} <= starts
    assert not {it for it in works if it.startswith(("sagemaker:", "iam:"))}
    assert "s3:PutObject" in works
    assert "s3:PutObject" not in starts


def test_the_pipelines_role_passes_the_jobs_role_to_sagemaker_only(prod: Synthesized) -> None:
    (passing,) = [s for s in prod.statements("training", "PipelineRole") if s["Action"] == "iam:PassRole"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    assert "JobRole" in text(passing["Resource"])


def test_jobs_read_and_write_their_folders_only(prod: Synthesized) -> None:
    for statement in prod.statements("training", "JobRole"):
        if {"s3:PutObject", "s3:AbortMultipartUpload"} & {*listed(statement["Action"])}:
            written = [text(it) for it in listed(statement["Resource"])]
            assert all('/training/*"' in it or '/models/*"' in it for it in written)


def test_models_are_registered_in_the_use_cases_group(prod: Synthesized) -> None:
    group = prod.only("training", "AWS::SageMaker::ModelPackageGroup")
    assert group["ModelPackageGroupName"] == "headrace-fraud-prod"


def _definition(stage: Synthesized) -> str:
    pipeline = stage.only("training", "AWS::SageMaker::Pipeline")
    return joined(pipeline["PipelineDefinition"]["PipelineDefinitionBody"])
