"""What a pipeline is built from: the use case, where its code and data live, and how large its jobs are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from headrace.errors import HeadraceError
from headrace.usecase import Cluster, Gate, Tuning, UseCase

INPUT = "/opt/ml/processing/input"
OUTPUT = "/opt/ml/processing/output"
REASON = "/opt/ml/output/message"
"""Where SageMaker reads why a processing job failed."""


class DefinitionError(HeadraceError):
    """A pipeline definition is wrong: SageMaker would reject it or could not run it."""


@dataclass(frozen=True, kw_only=True)
class CodeLocations:
    """S3 URIs of what ``sources.build`` made. They may hold CDK tokens; each ends in the file's own name."""

    preprocess: str
    evaluate: str
    baseline: str
    headrace: str
    sourcedir: str
    no_champion: str
    """What the evaluation receives while nothing is deployed: a job's input may not be empty."""

    def __post_init__(self) -> None:
        endings = {
            "preprocess": ".py",
            "evaluate": ".py",
            "baseline": ".py",
            "headrace": ".zip",
            "sourcedir": ".tar.gz",
            "no_champion": ".txt",
        }
        for name, ending in endings.items():
            uri = getattr(self, name)
            if not uri.startswith("s3://") or not uri.endswith(ending):
                raise DefinitionError(f"code.{name} is {uri!r}: give the S3 URI of a file that ends in {ending}")


@dataclass(frozen=True, kw_only=True)
class JobSize:
    """One job's machine, disk and longest run."""

    instance_type: str = "ml.m5.xlarge"
    volume_gb: int = 30
    max_runtime_s: int = 3_600


PROCESSING_SIZE = JobSize()
TRAINING_SIZE = JobSize(max_runtime_s=4 * 3_600)


@dataclass(frozen=True, kw_only=True)
class Network:
    """What jobs may reach, and where they run.

    ``isolated`` containers reach nothing: the platform brings data and code, and takes results away. ``encrypted``
    traffic between the containers of one job costs time where a job has more than one. With ``subnets`` and
    ``security_groups``, which go together, jobs run in that VPC; the jobs' role must then be allowed to make network
    interfaces there.
    """

    isolated: bool = False
    encrypted: bool = False
    subnets: tuple[str, ...] = ()
    security_groups: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if bool(self.subnets) != bool(self.security_groups):
            raise DefinitionError("network: subnets and security_groups go together; give both or neither")

    @property
    def plain(self) -> bool:
        """Whether there is nothing to say about it."""
        return self == Network()


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything ``build_pipeline`` needs.

    With ``spot``, training waits at most ``max_wait_s`` for capacity, and resumes from its checkpoint. ``cache_for`` is
    how old a result of preprocessing or training may be to be taken for the same input again, such as ``30d`` or
    ``T12h``; None runs them always. Without ``tune`` a use case's search is left out.
    """

    usecase: UseCase
    name: str
    region: str
    bucket: str
    role_arn: str
    kms_key_arn: str
    model_package_group: str
    code: CodeLocations
    processing: JobSize = PROCESSING_SIZE
    training: JobSize = TRAINING_SIZE
    spot: bool = False
    max_wait_s: int = 8 * 3_600
    network: Network = Network()
    cache_for: str | None = "30d"
    preprocess_options: Mapping[str, str] = field(default_factory=dict)
    tune: bool = True

    @property
    def tuning(self) -> Tuning | None:
        """The search for hyperparameters, if there is one."""
        return self.usecase.model.tuning if self.tune else None

    @property
    def cluster(self) -> Cluster:
        """The machines that train together."""
        return self.usecase.model.cluster

    @property
    def gates(self) -> tuple[Gate, ...]:
        """The floors a model must reach."""
        return self.usecase.model.gates


class Placeholders:
    """Stand-ins for values that the SDK would inspect and that may be CDK tokens, which it cannot understand.

    ``stand_in`` gives a plan the SDK accepts; ``fill_in`` puts the real values into what the SDK rendered.
    """

    def __init__(self, plan: Plan) -> None:
        code = {it.name: getattr(plan.code, it.name) for it in fields(plan.code)}
        # The file name stays real: it becomes part of entry points and of PYTHONPATH.
        stand_ins = {name: f"s3://placeholder-code/{name}/{uri.rsplit('/', 1)[-1]}" for name, uri in code.items()}
        self._plan = replace(
            plan,
            bucket="placeholder-bucket",
            role_arn="arn:aws:iam::000000000000:role/placeholder-role",
            kms_key_arn="arn:aws:kms:eu-west-1:000000000000:key/placeholder-key",
            model_package_group="placeholder-group",
            code=CodeLocations(**stand_ins),
        )
        self._values = {
            **{stand_ins[name]: uri for name, uri in code.items()},
            self._plan.bucket: plan.bucket,
            self._plan.role_arn: plan.role_arn,
            self._plan.kms_key_arn: plan.kms_key_arn,
            self._plan.model_package_group: plan.model_package_group,
        }

    def stand_in(self) -> Plan:
        """The plan with a stand-in for every value that may be a token."""
        return self._plan

    def fill_in(self, rendered: Any) -> Any:
        """The rendered structure with every stand-in replaced by its value."""
        if isinstance(rendered, dict):
            return {key: self.fill_in(value) for key, value in rendered.items()}
        if isinstance(rendered, list):
            return [self.fill_in(value) for value in rendered]
        if isinstance(rendered, str):
            for stand_in, value in self._values.items():
                rendered = rendered.replace(stand_in, value)
        return rendered
