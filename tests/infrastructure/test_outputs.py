"""What other programs read from the stacks, by exactly these names."""

import pytest
from synthesized import Synthesized

OUTPUTS = {
    "lake": {"BucketName", "DatabaseName"},
    "ingestion": {
        "EventsStreamName", "LabelsStreamName", "DeliveryStreamName", "EventInboxDeadLetterUrl",
        "LabelInboxDeadLetterUrl",
    },
    "features": {
        "StateTableName", "FeatureDeliveryStreamName", "EnrichmentFunctionName", "EnrichmentDeadLetterUrl",
        "GroundTruthDeadLetterUrl", "CustomerFeatureGroupName", "TerminalFeatureGroupName",
    },
    "training": {"PipelineName", "ModelPackageGroupName", "TrainingSetJobName"},
    "serving": {"ApiUrl", "EndpointName", "InferenceFunctionName", "DeploymentDeadLetterUrl"},
    "retraining": {"StateMachineArn", "ReactionTableName", "DriftResponseFunctionName"},
    "observability": {"TopicArn", "DashboardName", "ScientistRoleArn", "ApplicationRoleArn"},
}  # fmt: skip


@pytest.mark.parametrize("noun", OUTPUTS)
def test_a_stack_publishes_its_names(prod: Synthesized, noun: str) -> None:
    published = {name for name in prod.bodies[noun]["Outputs"] if not name.startswith("ExportsOutput")}
    assert published == OUTPUTS[noun]


def test_names_known_at_synth_are_published_as_they_are(prod: Synthesized) -> None:
    values = {name: it["Value"] for body in prod.bodies.values() for name, it in body.get("Outputs", {}).items()}
    assert values["DatabaseName"] == "headrace_fraud_prod"
    assert values["EndpointName"] == values["ModelPackageGroupName"] == "headrace-fraud-prod"
    assert values["PipelineName"] == "headrace-fraud-prod-training"
    assert values["CustomerFeatureGroupName"] == "headrace-fraud-prod-customer"
