"""What each kind of endpoint lets a use case choose."""

from typing import ClassVar

from headrace.frozen import dataclass
from headrace.usecase.checks import require
from headrace.usecase.endpoint_kind import KINDS, Kind
from headrace.usecase.scaling import require_schedule

_GB_MB = 1_024
_MOST_MEMORY_GB = 6
_MOST_CONCURRENT = 200
_MOST_PER_INSTANCE = 1_000
_WHOLE_PERCENT = 100
_PAYLOAD_MB = KINDS["batch"].payload_bytes // (1024 * 1024)


@dataclass(frozen=True, kw_only=True)
class Serverless:
    """Memory and parallel requests of a serverless endpoint; what is ``provisioned`` stays warm and costs while idle.

    With ``most_provisioned`` above ``provisioned``, the warm part follows its use (``utilization_percent``).
    """

    kind: ClassVar[Kind] = "serverless"
    memory_mb: int = 2_048
    max_concurrency: int = 20
    provisioned: int = 0
    most_provisioned: int = 0
    utilization_percent: int = 70

    def __post_init__(self) -> None:
        sizes = [_GB_MB * size for size in range(1, _MOST_MEMORY_GB + 1)]
        require(
            self.memory_mb in sizes,
            "serving.serverless.memory_mb",
            f"{self.memory_mb} is no size",
            f"use one of {', '.join(map(str, sizes))}",
        )
        require(
            1 <= self.max_concurrency <= _MOST_CONCURRENT,
            "serving.serverless.max_concurrency",
            f"is outside 1 to {_MOST_CONCURRENT}",
            "requests beyond it are throttled; a realtime endpoint has no such limit",
        )
        require(
            0 <= self.provisioned <= self.max_concurrency,
            "serving.serverless.provisioned",
            "is outside 0 to max_concurrency",
            "lower it, or raise max_concurrency",
        )
        require(
            self.most_provisioned == 0 or 0 < self.provisioned <= self.most_provisioned <= self.max_concurrency,
            "serving.serverless.most_provisioned",
            "is outside provisioned to max_concurrency",
            "give provisioned as the least, or drop most_provisioned",
        )
        require(
            0 < self.utilization_percent <= _WHOLE_PERCENT,
            "serving.serverless.utilization_percent",
            "is outside 1 to 100",
            "give a percentage",
        )


@dataclass(frozen=True, kw_only=True)
class Asynchronous:
    """How many requests one instance of an asynchronous endpoint works on at the same time."""

    kind: ClassVar[Kind] = "asynchronous"
    concurrent_per_instance: int = 4

    def __post_init__(self) -> None:
        require(
            1 <= self.concurrent_per_instance <= _MOST_PER_INSTANCE,
            "serving.asynchronous.concurrent_per_instance",
            f"is outside 1 to {_MOST_PER_INSTANCE}",
            "as many as the instance has processors is a good start",
        )


@dataclass(frozen=True, kw_only=True)
class Batch:
    """When everything in the lake's folder ``batch/`` is scored, by how many instances, in requests of what size."""

    kind: ClassVar[Kind] = "batch"
    schedule: str = "cron(0 2 1 * ? *)"
    timezone: str = "UTC"
    instances: int = 1
    payload_mb: int = 6
    concurrent: int = 4

    def __post_init__(self) -> None:
        require_schedule(self.schedule, "serving.batch.schedule")
        require(self.instances >= 1, "serving.batch.instances", "is below 1", "give 1, or more")
        require(self.concurrent >= 1, "serving.batch.concurrent", "is below 1", "give 1, or more")
        require(
            1 <= self.payload_mb <= _PAYLOAD_MB and self.payload_mb * self.concurrent <= _PAYLOAD_MB,
            "serving.batch.payload_mb",
            f"times concurrent is outside 1 to {_PAYLOAD_MB} MB",
            "lower either: a payload is many records, none of which needs more",
        )


@dataclass(frozen=True, kw_only=True)
class MultiModel:
    """One fleet for many models: ``tenant`` is the event's field that says whose model answers.

    The model is ``{tenant}/model.tar.gz`` below the lake's folder ``models/tenants/``.
    """

    kind: ClassVar[Kind] = "multi_model"
    tenant: str
    keep_loaded: bool = True
    """Models stay in memory between requests; without it each request loads its own, for very many that rest mostly."""


KindSettings = Serverless | Asynchronous | Batch | MultiModel
