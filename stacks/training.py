"""Training: the job that builds training sets, the SageMaker pipeline, and the group its models are registered in."""

from dataclasses import dataclass

from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations, JobSize, Network
from pipelines.retraining.sizes import training_size
from stacks.components.glue_job import TrainingSetJob
from stacks.components.job_code import JobCode
from stacks.components.training_role import JobRole, PipelineRole
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target

EXPECTED_ROWS = 5_000_000
"""What the training machine is sized for where nobody has counted; see ``stacks.components.machine_states``."""


@dataclass(frozen=True, kw_only=True)
class Training:
    """What other stacks use of training."""

    pipeline: sagemaker.CfnPipeline
    training_set: TrainingSetJob
    jobs: JobRole
    code: CodeLocations
    no_champion: str
    """S3 URI that stands for the champion while no model is approved."""
    usual_machine: str
    """Instance type that trains where nobody has counted the rows."""


class TrainingStack(HeadraceStack):
    """Training-set job, pipeline, model package group, code and roles."""

    noun = "training"

    def __init__(self, scope: Construct, *, target: Target, lake: Lake) -> None:
        super().__init__(scope, target=target, description="Headrace training: SageMaker pipeline, model registry")
        group = sagemaker.CfnModelPackageGroup(
            self,
            "Models",
            model_package_group_name=target.model_package_group_name,
            model_package_group_description=target.usecase.description,
        )
        code = JobCode(self, "Code", usecase=target.usecase)
        jobs = JobRole(self, "JobRole", bucket=lake.bucket)
        code.grant_read_to(jobs)
        model, features = target.usecase.model, len(target.usecase.feature_names)
        held = model.cluster.held(model.validation_fraction)
        size = training_size(rows=EXPECTED_ROWS, features=features, held=held)
        pipeline = self._build_pipeline(lake, code, jobs, size)
        pipeline.add_resource_dependency(group)
        training_set = TrainingSetJob(self, "TrainingSetJob", target=target, bucket=lake.bucket)
        self.training = Training(
            pipeline=pipeline,
            training_set=training_set,
            jobs=jobs,
            code=code.locations,
            no_champion=code.locations.no_champion,
            usual_machine=size.instance_type,
        )
        self.publish(
            PipelineName=target.pipeline_name,
            ModelPackageGroupName=target.model_package_group_name,
            TrainingSetJobName=target.training_set_job_name,
        )

    def _build_pipeline(self, lake: Lake, code: JobCode, jobs: JobRole, size: JobSize) -> sagemaker.CfnPipeline:
        role = PipelineRole(self, "PipelineRole", target=self.target, bucket=lake.bucket, jobs=jobs)
        isolated = self.target.stage.isolated_jobs
        body = definition(
            usecase=self.target.usecase,
            name=self.target.pipeline_name,
            region=self.target.region,
            bucket=lake.bucket.bucket_name,
            role_arn=jobs.role_arn,
            kms_key_arn=lake.key.key_arn,
            model_package_group=self.target.model_package_group_name,
            code=code.locations,
            training=size,
            spot=self.target.stage.spot_training,
            network=Network(isolated=isolated, encrypted=isolated),
        )
        pipeline = sagemaker.CfnPipeline(
            self,
            "Pipeline",
            pipeline_name=self.target.pipeline_name,
            pipeline_description=f"Trains, judges and registers: {self.target.usecase.description}",
            role_arn=role.role_arn,
            # The construct's own property type would render a lower-case key that CloudFormation rejects.
            pipeline_definition={"PipelineDefinitionBody": self.to_json_string(body)},
        )
        pipeline.node.add_dependency(role)
        return pipeline
