"""The artifact behind the transformer of SageMaker's inference toolkit, which serves on one's own machine."""

from job_runs import Trained
from served_answers import require_answers


def test_the_inference_toolkit_serves_the_artifact_as_json(trained: Trained) -> None:
    require_answers("serve_once.py", trained, trained.model, {"SAGEMAKER_PROGRAM": "inference.py"})
