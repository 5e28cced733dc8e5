"""Uploads the code that training jobs run. Its name is its content's hash, so a run can be traced to what it ran."""

import tempfile
from dataclasses import asdict
from pathlib import Path

from aws_cdk import AssetStaging, FileAssetLocation, FileAssetPackaging, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from headrace.usecase import UseCase
from pipelines.retraining import sources
from pipelines.retraining.plan import CodeLocations


class JobCode(Construct):
    """Two scripts, the packages they import and the training job's archive, as assets of the deployment."""

    def __init__(self, scope: Construct, id_: str, *, usecase: UseCase) -> None:
        super().__init__(scope, id_)
        with tempfile.TemporaryDirectory() as folder:
            files = asdict(sources.build(usecase, Path(folder)))
            self._places = {name: self._upload(name, path) for name, path in files.items()}
        self.locations = CodeLocations(
            **{name: f"s3://{place.bucket_name}/{place.object_key}" for name, place in self._places.items()}
        )

    def grant_read_to(self, role: iam.Role) -> None:
        """Let a role read these files, each by its own name."""
        keys = [place.object_key for place in self._places.values()]
        buckets = {f"arn:{Stack.of(self).partition}:s3:::{place.bucket_name}" for place in self._places.values()}
        objects = [f"{bucket}/{key}" for bucket in sorted(buckets) for key in keys]
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject"], resources=objects))
        role.add_to_policy(
            iam.PolicyStatement(
                actions=["s3:ListBucket"], resources=sorted(buckets), conditions={"StringLike": {"s3:prefix": keys}}
            )
        )

    def _upload(self, name: str, path: Path) -> FileAssetLocation:
        """Like an asset construct, which would cut ``.tar.gz`` down to ``.gz``; SageMaker goes by the ending."""
        stack, staged = Stack.of(self), AssetStaging(self, name, source_path=str(path))
        inner = "".join(path.suffixes[:-1])
        return stack.synthesizer.add_file_asset(
            packaging=FileAssetPackaging.FILE,
            source_hash=f"{staged.asset_hash}{inner}",
            file_name=staged.relative_staged_path(stack),
        )
