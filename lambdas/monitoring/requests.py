"""What a processing job is asked for: its name, its inputs, its arguments, and where its documents go."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from headrace.events.drift import Kind
from headrace.monitoring import Outputs, schedule_name
from headrace.schema import format_timestamp

INPUT, OUTPUT = "/opt/ml/processing/input", "/opt/ml/processing/output/monitor"
REASON = "/opt/ml/output/message"
"""Where SageMaker reads why a job failed."""
TRIES = 2
"""So many jobs are started for a window: a second one if SageMaker lost the first."""
_LONGEST_NAME = 63
_READS: Mapping[Kind, tuple[str, ...]] = {
    "data_quality": ("baseline",),
    "model_quality": ("evaluation",),
    "bias": ("evaluation", "model"),
    "attribution": ("evaluation", "model"),
}


@dataclass(frozen=True, kw_only=True)
class Window:
    """Whose answers are judged: epoch seconds, the end not included."""

    start: int
    end: int


@dataclass(frozen=True, kw_only=True)
class DeployedModel:
    """A model package, and the S3 URIs of what came with it; empty where it brought none.

    ``baseline`` is the folder of its ``DriftCheckBaselines``, ``evaluation`` of its metrics, ``model`` the artifact.
    """

    package_arn: str
    baseline: str = ""
    evaluation: str = ""
    model: str = ""
    model_name: str = ""
    """Of SageMaker's model, for Clarify to ask."""

    def missing(self, kind: Kind) -> str:
        """What a kind of monitor needs of the model and the package does not have, or ''."""
        return ", ".join(name for name in _READS[kind] if not getattr(self, name))


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """One run of the job."""

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

    @property
    def names(self) -> list[str]:
        """Names of the job and of the one that takes its place: the same for every copy of a request."""
        hour = format_timestamp(self.run.end)[:13].replace("-", "").replace("T", "-")
        suffix = f"-{hour}{f'-{self.attempt}' if self.attempt else ''}"
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
            "names": self.names,
            "inputs": self._inputs(),
            "arguments": self._arguments(),
            "output": folder,
            "folder": self.run.folder,
            "kind": self.kind,
        }

    def _inputs(self) -> list[dict[str, Any]]:
        places = {name: getattr(self.model, name) for name in _READS[self.kind]} | {"headrace": self.packages}
        return [
            *(_input(name, uri, "ManifestFile") for name, uri in self.manifests.items()),
            *(_input(name, uri, "S3Prefix") for name, uri in places.items()),
        ]

    def _arguments(self) -> list[str]:
        read = (*self.manifests, *_READS[self.kind])
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
        return [text for name, value in given.items() for text in (f"--{name}", value)]


def _input(name: str, uri: str, kind: str) -> dict[str, Any]:
    return {
        "InputName": name,
        "S3Input": {
            "S3Uri": uri,
            "LocalPath": f"{INPUT}/{name}",
            "S3DataType": kind,
            "S3InputMode": "File",
            "S3DataDistributionType": "FullyReplicated",
        },
    }
