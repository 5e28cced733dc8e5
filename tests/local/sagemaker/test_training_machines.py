"""A training job on several machines: each finds who the others are and its share; the first one's model is kept."""

import io
import json
import tarfile

from memory_platform import BUCKET, MemoryPlatform
from scenarios import archive
from step_requests import training_step
from test_jobs import finished

from local.sagemaker.platform import Record
from local.sagemaker.service import SageMaker

TOLD = """
import json, os, pathlib, sys
host, hosts = os.environ["SM_CURRENT_HOST"], json.loads(os.environ["SM_HOSTS"])
config = json.loads(pathlib.Path(os.environ["SM_INPUT_CONFIG_DIR"], "resourceconfig.json").read_text())
assert (config["current_host"], config["hosts"]) == (host, hosts), config
channels = ("shared", "whole")
found = {it: sorted(p.name for p in pathlib.Path(os.environ["SM_CHANNEL_" + it.upper()]).iterdir()) for it in channels}
found |= {"hosts": hosts, "port": os.environ["HEADRACE_RENDEZVOUS_PORT"]}
pathlib.Path(os.environ["SM_CHECKPOINT_DIR"], host).write_text(json.dumps(found))
pathlib.Path(os.environ["SM_MODEL_DIR"], "from").write_text(host)
"""
FAILING = """
import os, pathlib, sys, time
if os.environ["SM_CURRENT_HOST"].endswith("2"):
    pathlib.Path(os.environ["SM_OUTPUT_DIR"], "failure").write_text("the second share is wrong")
    sys.exit(1)
time.sleep(0.5)
sys.exit("lost the other")
"""


def run(sagemaker: SageMaker, platform: MemoryPlatform, code: str) -> Record:
    for place in range(5):
        platform.s3.put(f"data/{place}.txt", "x")
    source = platform.s3.put("code/source.tar.gz", archive({"train.py": code}))
    step = training_step(
        "Direct",
        source,
        channels={name: f"s3://{BUCKET}/data" for name in ("shared", "whole")},
        request={"CheckpointConfig": {"S3Uri": f"s3://{BUCKET}/checkpoints"}},
    )
    request = {"TrainingJobName": "direct", **step["Arguments"]}
    request["ResourceConfig"]["InstanceCount"] = 2
    request["InputDataConfig"][0]["DataSource"]["S3DataSource"]["S3DataDistributionType"] = "ShardedByS3Key"
    sagemaker.call("CreateTrainingJob", request)
    return finished(sagemaker, "Training", "direct")


def test_each_machine_knows_the_others_and_has_its_share(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    job = run(sagemaker, platform, TOLD)
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    names = ["127.0.0.1", "127.0.0.2"]
    first, second = (json.loads(platform.s3.stored[f"s3://{BUCKET}/checkpoints/{name}"]) for name in names)
    assert first["hosts"] == second["hosts"] == names
    assert first["port"] == second["port"]
    assert (first["shared"], second["shared"]) == (["0.txt", "2.txt", "4.txt"], ["1.txt", "3.txt"])
    assert first["whole"] == second["whole"] == [f"{place}.txt" for place in range(5)]
    model = platform.s3.stored[job["ModelArtifacts"]["S3ModelArtifacts"]]
    with tarfile.open(fileobj=io.BytesIO(model)) as packed:
        kept = packed.extractfile("from")
        assert kept and kept.read() == b"127.0.0.1"


def test_the_first_machine_that_fails_says_why(sagemaker: SageMaker, platform: MemoryPlatform) -> None:
    job = run(sagemaker, platform, FAILING)
    assert job["TrainingJobStatus"] == "Failed"
    assert "the second share is wrong" in job["FailureReason"]
    assert not [uri for uri in platform.s3.stored if "model.tar.gz" in uri]
