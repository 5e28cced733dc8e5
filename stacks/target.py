"""What is being synthesized: which use case, at which stage, in which region. Names known at synth are made here."""

from dataclasses import dataclass

from headrace.evolution import Record
from headrace.usecase import UseCase
from pipelines.retraining.plan import Network
from stacks.stage import Stage


@dataclass(frozen=True, kw_only=True)
class Target:
    """One deployment of one use case.

    A name stands here only if another system needs it before CloudFormation has run; everything else is named by
    CloudFormation and published as a stack output.
    """

    usecase: UseCase
    stage: Stage
    region: str
    account: str | None = None
    """None: the templates fit any account."""
    boundary: str | None = None
    """The managed policy of the account that bounds every role; None where the account asks for none."""
    record: Record | None = None
    """What was deployed of the use case's features so far; None if nothing was recorded."""
    network: Network | None = None
    """Where the model runs if the use case wants it in a VPC."""

    @property
    def prefix(self) -> str:
        """``headrace-{usecase}-{stage}``, with which every name begins. Underscores of a use case become hyphens."""
        return f"headrace-{self.usecase.name.replace('_', '-')}-{self.stage.name}"

    def stack_name(self, noun: str) -> str:
        """The name of one stack, for example ``headrace-fraud-dev-lake``."""
        return f"{self.prefix}-{noun}"

    @property
    def database_name(self) -> str:
        """The Glue database: Athena wants underscores."""
        return self.prefix.replace("-", "_")

    @property
    def events_stream_name(self) -> str:
        """The Kinesis stream of events."""
        return f"{self.prefix}-events"

    @property
    def labels_stream_name(self) -> str:
        """The Kinesis stream of labels."""
        return f"{self.prefix}-labels"

    def feature_group_name(self, entity: str, version: int | None = None) -> str:
        """The feature group of one entity, of the use case's own version or an earlier one."""
        number = self.usecase.version if version is None else version
        return f"{self.prefix}-{entity.replace('_', '-')}" + (f"-v{number}" if number > 1 else "")

    @property
    def endpoint_name(self) -> str:
        """The SageMaker endpoint, present once the first model is approved."""
        return self.prefix

    @property
    def pipeline_name(self) -> str:
        """The SageMaker pipeline that trains."""
        return f"{self.prefix}-training"

    @property
    def training_set_job_name(self) -> str:
        """The Glue job that builds training sets, and the security configuration it runs under."""
        return f"{self.prefix}-training-set"

    @property
    def retraining_machine_name(self) -> str:
        """The state machine of retrainings, whose own role has to name its executions."""
        return f"{self.prefix}-retraining"

    @property
    def model_package_group_name(self) -> str:
        """The registry's group for this use case's models."""
        return self.prefix

    @property
    def private_network(self) -> Network | None:
        """Where functions and model run because a profile asks for it."""
        return self.network if self.usecase.compliance.demands.private else None

    @property
    def model_network(self) -> Network | None:
        """Where the model runs, if not in a network of SageMaker's own."""
        return self.network if self.usecase.serving.vpc else self.private_network

    @property
    def masks(self) -> bool:
        """Whether the use case hashes a field, which takes a secret key."""
        return any(field.privacy == "hash" for field in self.usecase.event.fields)

    @property
    def min_instances(self) -> int:
        """The endpoint's smallest fleet: what both the stage and the use case ask for at least.

        A fleet that may rest is the use case's alone: no stage moves its traffic in steps.
        """
        serving = self.usecase.serving
        return serving.min_instances if serving.can.to_zero else max(self.stage.min_instances, serving.min_instances)
