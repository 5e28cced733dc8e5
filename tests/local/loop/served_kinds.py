"""One use case, served in one way: its lake, model, endpoint and batch machine, deployed from their templates."""

import io
import json
import tarfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

import usecases
from headrace.drift import capture
from headrace.usecase import Serving
from lambdas.inference.lake_queue import LakeQueue
from local import deploy
from local.loop import Loop
from pipelines.jobs import artifact
from pipelines.jobs.algorithms.xgboost import Trees
from pipelines.retraining.image import serving_image
from stacks.application import Application
from stacks.components.endpoint_batch import BatchScoring
from stacks.components.endpoint_trial_machine import TrialMachine
from stacks.components.model_role import ModelRole
from stacks.endpoint import EndpointStack
from stacks.lake import LakeStack
from stacks.stack import HeadraceStack

FEATURES = ("amount", "hour", "customer_count_1d")


class Scoring(HeadraceStack):
    """The model's role, and what runs batches."""

    noun = "scoring"


class Served:
    """A deployed way of serving."""

    def __init__(self, loop: Loop, folder: Path, serving: Serving) -> None:
        usecase = replace(usecases.load("fraud"), serving=serving, alerts=None)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(usecases, "load", lambda _: usecase)
            app = Application(context={"usecase": "fraud", "stage": "local"}, outdir=str(folder / "assembly"))
        self._loop, self._folder, self.target = loop, folder, app.target
        self.ended_with = ""
        lake = LakeStack(app, target=app.target).lake
        scoring = Scoring(app, target=app.target, description="Scoring")
        role = ModelRole(scoring, "ModelRole", target=app.target, bucket=lake.bucket)
        EndpointStack(app, target=app.target, lake=lake, execution_role_arn=role.role_arn)
        if serving.kind == "batch":
            batch = BatchScoring(scoring, "Batch", target=app.target, bucket=lake.bucket)
            scoring.publish(BatchStateMachineArn=batch.machine.state_machine_arn)
        if serving.trial:
            tried = TrialMachine(
                scoring, "Trial", target=app.target, trial=serving.trial, model_role_arn=role.role_arn, key=lake.key
            )
            scoring.publish(TrialStateMachineArn=tried.machine.state_machine_arn)
        app.synth()
        outputs = deploy.deploy(folder / "assembly", loop.endpoint_url)
        self._bucket = outputs[self.target.stack_name("lake")]["BucketName"]
        machines = outputs[self.target.stack_name("scoring")]
        self._machine = machines.get("BatchStateMachineArn") or machines.get("TrialStateMachineArn", "")
        group = self.target.model_package_group_name
        loop.client("sagemaker").create_model_package_group(ModelPackageGroupName=group)

    def deploy(self, *, seed: int, approval: str = "Approved") -> xgb.Booster:
        """Register a small model, and put it into the endpoint stack if it is approved."""
        draw = np.random.default_rng(seed)
        rows = draw.random((400, len(FEATURES)), dtype=np.float32)
        labels = (rows[:, 0] + 0.2 * draw.random(400) > 0.6 + 0.05 * seed).astype(int)
        booster = xgb.train({"objective": "binary:logistic"}, xgb.DMatrix(rows, labels), num_boost_round=5)
        model = self._folder / f"model-{seed}"
        about = {
            "features": FEATURES,
            "bands": [{"decision": "APPROVE", "from_score": 0}, {"decision": "BLOCK", "from_score": 0.5}],
            "model_version": f"v{seed}",
        }
        artifact.write(model, (Trees(booster),), about, rows)
        self.package = self._register(model, approval)
        if approval == "Approved":
            changed = {"ModelPackageArn": self.package}
            deploy.update_parameters(self.target.stack_name("endpoint"), changed, self._loop.endpoint_url)
        return booster

    def rows(self, count: int) -> list[dict[str, Any]]:
        """Instances, some with a missing value."""
        drawn = np.random.default_rng(0).random((count, len(FEATURES)))
        made = [dict(zip(FEATURES, row, strict=True)) for row in drawn.tolist()]
        return [{**row, "hour": None} if place % 5 == 0 else row for place, row in enumerate(made)]

    def put(self, key: str, text: str) -> None:
        """An object of the lake."""
        self._loop.client("s3").put_object(Bucket=self._bucket, Key=key, Body=text.encode())

    def run(self, **given: str) -> str:
        """Run the state machine as its schedule or a person would; how it ended, in ``ended_with`` why."""
        states = self._loop.client("stepfunctions")
        arn = states.start_execution(stateMachineArn=self._machine, input=json.dumps(given))["executionArn"]
        for _ in range(1_200):
            found = states.describe_execution(executionArn=arn)
            if found["status"] != "RUNNING":
                self.ended_with = f"{found.get('error')}: {found.get('cause')}"
                return str(found["status"])
            time.sleep(0.1)
        history = states.get_execution_history(executionArn=arn, reverseOrder=True, maxResults=6)["events"]
        raise AssertionError(f"the execution did not end: {history}")

    def stored(self, uri: str) -> Any:
        """The document at an S3 URI of the lake, once it is there."""
        storage = self._loop.client("s3")
        for _ in range(300):
            try:
                return json.load(storage.get_object(Bucket=self._bucket, Key=uri.split("/", 3)[3])["Body"])
            except storage.exceptions.NoSuchKey:
                time.sleep(0.1)
        raise AssertionError(f"{uri} did not appear")

    def captured(self, variant: str) -> dict[str, str]:
        """Which model answered, by inference id, of what is captured of a variant; what is under way is waited for."""
        self._loop.flush()
        storage = self._loop.client("s3")
        prefix = f"capture/{self.target.endpoint_name}/{variant}/"
        found = storage.list_objects_v2(Bucket=self._bucket, Prefix=prefix).get("Contents", [])
        bodies = [storage.get_object(Bucket=self._bucket, Key=it["Key"])["Body"].read() for it in found]
        rows = [row for body in bodies for line in body.splitlines() for row in capture.rows(json.loads(line))]
        return {row.inference_id: row.version for row in rows}

    def queue(self) -> LakeQueue:
        """What the API hands requests to, with this machine's own rights."""
        clients = self._loop.client("s3"), self._loop.client("sagemaker-runtime")
        return LakeQueue(*clients, bucket=self._bucket, endpoint=self.target.endpoint_name)

    def predictions(self) -> dict[str, list[dict[str, Any]]]:
        """What was scored, by key."""
        storage = self._loop.client("s3")
        found = storage.list_objects_v2(Bucket=self._bucket, Prefix="predictions/").get("Contents", [])
        bodies = {it["Key"]: storage.get_object(Bucket=self._bucket, Key=it["Key"])["Body"].read() for it in found}
        return {key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()}

    def _register(self, model: Path, approval: str) -> str:
        sink = io.BytesIO()
        with tarfile.open(fileobj=sink, mode="w:gz") as archive:
            archive.add(model, arcname=".")
        key = f"models/{model.name}/model.tar.gz"
        self._loop.client("s3").put_object(Bucket=self._bucket, Key=key, Body=sink.getvalue())
        container = {
            "Image": serving_image(self.target.region),
            "ModelDataUrl": f"s3://{self._bucket}/{key}",
            "Environment": {"SAGEMAKER_PROGRAM": "inference.py"},
        }
        answer = self._loop.client("sagemaker").create_model_package(
            ModelPackageGroupName=self.target.model_package_group_name,
            ModelApprovalStatus=approval,
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["application/json"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
        )
        arn: str = answer["ModelPackageArn"]
        return arn
