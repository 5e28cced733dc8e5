"""A small pipeline in the shape of the retraining pipeline: preprocess, train, evaluate, gate, register or fail."""

from typing import Any

from memory_platform import BUCKET, MemoryPlatform
from scenarios import archive
from step_requests import IMAGE, definition, processing_step, training_step

COPY = """
import argparse, pathlib, sys
parser = argparse.ArgumentParser()
parser.add_argument("--root", type=pathlib.Path)
root = parser.parse_args().root
text = "".join(sorted(file.read_text() for file in (root / "input" / "data").rglob("*.txt")))
(root / "output" / "copy" / "nested").mkdir(parents=True, exist_ok=True)
(root / "output" / "copy" / "nested" / "all.txt").write_text(text.upper())
print("copied", len(text))
"""
TRAIN = """
import json, os, pathlib, sys
model = pathlib.Path(os.environ["SM_MODEL_DIR"])
data = pathlib.Path(os.environ["SM_CHANNEL_TRAIN"])
config = pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"])
checkpoint = pathlib.Path(os.environ["SM_CHECKPOINT_DIR"])
seen = {
    "arguments": sys.argv[1:],
    "rows": len((data / "nested" / "all.txt").read_text()),
    "hps": json.loads(os.environ["SM_HPS"]),
    "files": sorted(path.name for path in config.iterdir()),
    "resumed": sorted(path.name for path in checkpoint.iterdir()),
    "hosts": json.loads((config / "resourceconfig.json").read_text())["hosts"],
}
(model / "seen.json").write_text(json.dumps(seen))
(checkpoint / "round-2").write_text("state")
print("round 1 auc=0.50")
print("round 2 auc=0.75")
"""
EVALUATE = """
import json, pathlib, sys
root = pathlib.Path(sys.argv[2])
assert list((root / "input" / "model").glob("*.tar.gz"))
(root / "output" / "report" / "evaluation.json").write_text(json.dumps({"metrics": {"auc": {"value": 0.75}}}))
"""


def loop(platform: MemoryPlatform) -> str:
    """The shape of the retraining pipeline: preprocess, train, evaluate, gate, register or fail."""
    platform.s3.put("raw/a.txt", "abc")
    platform.s3.put("raw/more/b.txt", "def")
    copy = processing_step(
        "Preprocess",
        platform.s3.put("code/copy.py", COPY),
        inputs={"data": {"Get": "Parameters.InputData"}},
        outputs={"copy": joined("copy")},
    )
    train = training_step(
        "Train",
        platform.s3.put("code/source.tar.gz", archive({"train.py": TRAIN})),
        channels={"train": {"Get": "Steps.Preprocess.ProcessingOutputConfig.Outputs['copy'].S3Output.S3Uri"}},
        hyperparameters={"max_depth": "6", "version": {"Get": "Execution.PipelineExecutionId"}, "quoted": '"text"'},
        request={"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints"}, "EnableManagedSpotTraining": True},
    )
    evaluate = processing_step(
        "Evaluate",
        platform.s3.put("code/evaluate.py", EVALUATE),
        inputs={"model": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}},
        outputs={"report": joined("report")},
        PropertyFiles=[{"PropertyFileName": "Report", "OutputName": "report", "FilePath": "evaluation.json"}],
    )
    # Later steps come first: the order is that of the references, not of the list.
    return definition(
        gate(),
        evaluate,
        train,
        copy,
        parameters=[
            {"Name": "InputData", "Type": "String", "DefaultValue": f"s3://{BUCKET}/raw"},
            {"Name": "MinAuc", "Type": "Float", "DefaultValue": 0.7},
            {"Name": "Status", "Type": "String", "DefaultValue": "Approved", "EnumValues": ["Approved", "Rejected"]},
        ],
    )


def joined(*parts: str) -> dict[str, Any]:
    return {
        "Std:Join": {"On": "/", "Values": [f"s3://{BUCKET}/runs", {"Get": "Execution.PipelineExecutionId"}, *parts]}
    }


def gate() -> dict[str, Any]:
    register = {
        "Name": "Register",
        "Type": "RegisterModel",
        "Arguments": {
            "ModelPackageGroupName": "fraud",
            "ModelApprovalStatus": {"Get": "Parameters.Status"},
            "InferenceSpecification": {
                "Containers": [
                    {"Image": IMAGE, "ModelDataUrl": {"Get": "Steps.Train.ModelArtifacts.S3ModelArtifacts"}}
                ],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            "CustomerMetadataProperties": {"usecase": "fraud"},
        },
    }
    message = {"Std:Join": {"On": " ", "Values": ["AUC is below", {"Get": "Parameters.MinAuc"}]}}
    report = {"Get": "Steps.Evaluate.PropertyFiles.Report"}
    auc = {"Std:JsonGet": {"PropertyFile": report, "Path": "metrics.auc.value"}}
    condition = {"Type": "GreaterThanOrEqualTo", "LeftValue": auc, "RightValue": {"Get": "Parameters.MinAuc"}}
    fail = {"Name": "TooBad", "Type": "Fail", "Arguments": {"ErrorMessage": message}}
    arguments = {"Conditions": [condition], "IfSteps": [register], "ElseSteps": [fail]}
    return {"Name": "Gate", "Type": "Condition", "Arguments": arguments}
