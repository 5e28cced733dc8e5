"""Uploads the code that jobs run. Its name is its content's hash, so a run can be traced to what it ran."""

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from aws_cdk import AssetStaging, FileAssetLocation, FileAssetPackaging, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from headrace.usecase import UseCase
from pipelines.retraining import sources
from pipelines.retraining.plan import CodeLocations


class UploadedCode(Construct):
    """Files as assets of the deployment."""

    def __init__(self, scope: Construct, id_: str, *, build: Callable[[Path], Mapping[str, Path]]) -> None:
        """Upload files.

        Args:
            scope: the stack.
            id_: within it.
            build: writes the files into a folder and returns them by name.
        """
        super().__init__(scope, id_)
        with tempfile.TemporaryDirectory() as folder:
            self._places = {name: self._upload(name, path) for name, path in build(Path(folder)).items()}
        self.uris = {name: f"s3://{place.bucket_name}/{place.object_key}" for name, place in self._places.items()}

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


class JobCode(UploadedCode):
    """Scripts, the packages they import, the training job's archive, and the word that no model is deployed."""

    def __init__(self, scope: Construct, id_: str, *, usecase: UseCase) -> None:
        super().__init__(scope, id_, build=lambda folder: asdict(sources.build(usecase, folder)))
        self.locations = CodeLocations(**self.uris)


class TrainingSetCode(UploadedCode):
    """The script of the job that builds training sets on Spark, and the packages it imports."""

    def __init__(self, scope: Construct, id_: str, *, usecase: UseCase) -> None:
        super().__init__(scope, id_, build=lambda folder: asdict(sources.build_training_set(usecase, folder)))
        self.script, self.packages = self.uris["script"], self.uris["packages"]
