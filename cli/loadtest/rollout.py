"""How a rollout ends, as deployment notes it at the package: the model serves, or it is rejected with the reason."""

import io
import tarfile
import time
from dataclasses import dataclass

from cli.deployment import Deployment
from cli.training import RolloutError
from lambdas.deployment.sagemaker import SETTLED

LIMIT_S = 900.0
_POLL_S = 0.5
_ITS_OWN = ("ModelDataETag", "ImageDigest", "IsCheckpoint")
"""Facts of an artifact that do not hold for its copy."""
_SPOILED = '''

def predict_fn(request: Request, model: ServedModel) -> Answer:
    """A model that is bad on purpose."""
    raise RuntimeError("this model fails on purpose")
'''


@dataclass(frozen=True, slots=True)
class Ending:
    """Whether the model serves, and if not, why."""

    deployed: bool
    reason: str


def follow(deployment: Deployment, package: str) -> Ending:
    """Approve a package and wait until deployment has noted how its rollout ended.

    Raises:
        RolloutError: if nothing is noted within a quarter of an hour.
    """
    before = _settled(deployment, package)
    deployment.sagemaker.update_model_package(ModelPackageArn=package, ModelApprovalStatus="Approved")
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        if _settled(deployment, package) != before:
            found = deployment.sagemaker.describe_model_package(ModelPackageName=package)
            return Ending(found["ModelApprovalStatus"] == "Approved", found.get("ApprovalDescription", ""))
        time.sleep(_POLL_S)
    raise RolloutError(f"{package} was approved, but its rollout did not end within {LIMIT_S:.0f} s")


def _settled(deployment: Deployment, package: str) -> str:
    found = deployment.sagemaker.describe_model_package(ModelPackageName=package)
    return found.get("CustomerMetadataProperties", {}).get(SETTLED, "")


def spoiled(deployment: Deployment, package: str) -> str:
    """Register a copy of a package whose model loads and then fails every request; returns its ARN.

    Its golden requests are answered, so only traffic shows that it is bad: what the rollback alarms are for.
    """
    registered = deployment.sagemaker.describe_model_package(ModelPackageName=package)
    specification = registered["InferenceSpecification"]
    container = specification["Containers"][0]
    bucket, _, key = container["ModelDataUrl"].removeprefix("s3://").partition("/")
    body = deployment.s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    bad = f"{key.rpartition('/')[0]}/bad/model.tar.gz"
    deployment.s3.put_object(Bucket=bucket, Key=bad, Body=spoil(body))
    copy = {name: value for name, value in container.items() if name not in _ITS_OWN}
    copied = {**specification, "Containers": [{**copy, "ModelDataUrl": f"s3://{bucket}/{bad}"}]}
    return deployment.sagemaker.create_model_package(
        ModelPackageGroupName=registered["ModelPackageGroupName"],
        ModelPackageDescription="Fails every request on purpose",
        InferenceSpecification=copied,  # type: ignore[arg-type]  # as DescribeModelPackage gave it
        ModelApprovalStatus="PendingManualApproval",
    )["ModelPackageArn"]


def spoil(archive: bytes) -> bytes:
    """A model archive whose inference script fails every request."""
    spoiled = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(archive)) as source, tarfile.open(fileobj=spoiled, mode="w:gz") as target:
        for member in source.getmembers():
            content = source.extractfile(member)
            if content is None:
                target.addfile(member)
                continue
            data = content.read()
            if member.name.removeprefix("./") == "code/inference.py":
                data += _SPOILED.encode()
                member.size = len(data)
            target.addfile(member, io.BytesIO(data))
    return spoiled.getvalue()
