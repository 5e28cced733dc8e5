"""What processing jobs are asked for: their names, their inputs, their arguments, and where their documents go.

A window is one job, or two: several machines count their shares of the capture, then one machine judges them together.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.events.drift import Kind
from headrace.monitoring import FOLDER, PARTS, Outputs, schedule_name
from headrace.schema import format_timestamp

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output/monitor"
REASON = "/opt/ml/output/message"
"""Where SageMaker reads why a job failed."""
RESOURCES = "/opt/ml/config/resourceconfig.json"
"""Where a machine reads which one of a job's it is."""
TRIES = 2
"""So many jobs are started for a window: a second one if SageMaker lost the first."""
_LONGEST_NAME = 63
_READS: Mapping[Kind, tuple[str, ...]] = {
    "data_quality": ("baseline",),
    "model_quality": ("evaluation",),
    "bias": ("evaluation", "model"),
    "attribution": ("evaluation", "model"),
}
_READS_TOO: Mapping[Kind, tuple[str, ...]] = {"bias": ("bias",), "attribution": ("explanation",)}
"""What packages that were registered before do not have: their evaluation says the same."""


@dataclass(frozen=True, kw_only=True)
class Window:
    """Whose answers are judged: epoch seconds, the end not included."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class DeployedModel:
    """A model package, and the S3 URIs of what came with it; empty where it brought none.

    ``baseline`` is the folder of its statistics among ``DriftCheckBaselines``, ``evaluation`` of its metrics, ``bias``
    and ``explanation`` of Clarify's analyses among them; ``model`` is the artifact.
    """

    package_arn: str
    baseline: str = ""
    evaluation: str = ""
    bias: str = ""
    explanation: str = ""
    model: str = ""
    model_name: str = ""
    """Of SageMaker's model, for Clarify to ask."""

    def missing(self, kind: Kind) -> str:
        """What a kind of monitor needs of the model and the package does not have, or ''."""
        return ", ".join(name for name in _READS[kind] if not getattr(self, name))

    def read_by(self, kind: Kind) -> tuple[str, ...]:
        """What a kind of monitor reads of what the package brings."""
        return (*_READS[kind], *(name for name in _READS_TOO.get(kind, ()) if getattr(self, name)))


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """One run. With more than one of ``instances`` it counts before it judges; ``in_function`` it needs no machine."""

    usecase: str
    stage: str
    kind: Kind
    window: Window
    run: Outputs
    attempt: str
    model: DeployedModel
    manifests: Mapping[str, str]
    bucket: str
    packages: str
    instances: int = 1
    in_function: bool = False

    @property
    def names(self) -> list[str]:
        """Names of the job and of the one that takes its place: the same for every copy of a request."""
        return self._names()

    def _names(self, step: str = "") -> list[str]:
        hour = format_timestamp(self.run.end)[:13].replace("-", "").replace("T", "-")
        suffix = "-".join(["", hour, *filter(None, (self.attempt, step))])
        name = schedule_name(self.run.endpoint, self.kind)
        room = _LONGEST_NAME - len(suffix) - 2
        if len(name) > room:
            name = f"{name[: room - 9]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
        return [f"{name}{suffix}-{attempt}" for attempt in range(1, TRIES + 1)]

    @property
    def document(self) -> dict[str, Any]:
        """What the state machine hands to CreateProcessingJob."""
        folder = f"s3://{self.bucket}/{self.run.folder.rstrip('/')}"
        return {
            "ready": True,
            "runs_on": "lambda" if self.in_function else "processing",
            "again": bool(self.attempt),
            "counted": self.instances > 1,
            **({"count": self._count()} if self.instances > 1 else {}),
            "names": self.names,
            "inputs": self._inputs(),
            "arguments": self._arguments(),
            "output": folder,
            "folder": self.run.folder,
            "kind": self.kind,
        }

    @property
    def _parts(self) -> str:
        """Where the machines leave what they counted. Whoever counts once more leaves as many parts, of these names."""
        place = f"{PARTS}{self.run.folder.removeprefix(FOLDER)}"
        return f"s3://{self.bucket}/{place}{'-'.join(filter(None, (self.attempt, f'by{self.instances}')))}"

    def _count(self) -> dict[str, Any]:
        """The job before: every machine counts its share."""
        given = {
            "usecase": self.usecase,
            "stage": self.stage,
            "capture": f"{INPUT}/capture",
            "output": OUTPUT,
            "resources": RESOURCES,
            "reason-file": REASON,
        }
        shared = _input("capture", self.manifests["capture"], "ManifestFile", "ShardedByS3Key")
        return {
            "names": self._names(f"by{self.instances}"),
            "inputs": [shared, _input("headrace", self.packages, "S3Prefix")],
            "arguments": ["--part", *_options(given)],
            "output": self._parts,
            "instances": self.instances,
        }

    def _inputs(self) -> list[dict[str, Any]]:
        places = {name: getattr(self.model, name) for name in self.model.read_by(self.kind)} | {
            "headrace": self.packages
        }
        # The slash keeps the parts of twenty machines out of those of two.
        counted = {"capture": f"{self._parts}/"} if self.instances > 1 else {}
        return [
            *(_input(name, uri, "ManifestFile") for name, uri in self.manifests.items() if name not in counted),
            *(_input(name, uri, "S3Prefix") for name, uri in {**counted, **places}.items()),
        ]

    def _arguments(self) -> list[str]:
        read = (*self.manifests, *self.model.read_by(self.kind))
        given = {
            "usecase": self.usecase,
            "stage": self.stage,
            "kind": self.kind,
            "window-start": format_timestamp(self.window.start),
            "window-end": format_timestamp(self.window.end),
            "model-package": self.model.package_arn,
            **{name: f"{INPUT}/{name}" for name in read},
            "output": OUTPUT,
            "metrics": OUTPUT,
            "reason-file": REASON,
        }
        return _options(given)


def _options(given: Mapping[str, str]) -> list[str]:
    return [text for name, value in given.items() for text in (f"--{name}", value)]


def _input(name: str, uri: str, kind: str, distribution: str = "FullyReplicated") -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{INPUT}/{name}",
            "S3DataType": kind,
            "S3InputMode": "File",
            "S3DataDistributionType": distribution,
        },
    }
