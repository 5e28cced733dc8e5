"""A window that is judged in a function: what the run reads and writes, and what it does about what is not there."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from fault_injection import Injector
from fault_platform import Platform, running
from lambda_events import ENVIRONMENT
from reaction_world import ENDPOINT

from headrace.monitoring import VIOLATIONS

CAPTURED = f"capture/{ENDPOINT}/AllTraffic/2026/03/03/05/a.jsonl"
LABELLED = "ground-truth/2026/03/03/05/a.jsonl"
BASELINE, MANIFESTS, FOLDER = "models/run/baseline", "monitoring-plans/run", f"monitoring/{ENDPOINT}/2026/03/03/05/"
OPT_ML = "/opt/ml/processing"


def window_judged(injector: Injector, tries: int = 1) -> Mapping[str, Any]:
    """The run of a window, asked for twice; the job itself calls nobody, so it only says what it was given.

    Each time it is asked again, ``tries`` times at most, until there is an answer.
    """
    with pytest.MonkeyPatch.context() as patch, running(injector, "monitor_run", ENVIRONMENT) as platform:
        patch.setattr("lambdas.monitor_run.adapters.MonitorJob.run", _job)
        for key in (CAPTURED, LABELLED, f"{BASELINE}/statistics.json"):
            platform.s3.put_object(Bucket="lake", Key=key, Body=b"{}")
        for name, key in (("capture", CAPTURED), ("truth", LABELLED)):
            manifest = json.dumps([{"prefix": "s3://lake/"}, key]).encode()
            platform.s3.put_object(Bucket="lake", Key=f"{MANIFESTS}/{name}", Body=manifest)
        answers = [_asked(platform, tries) for _ in range(2)]
        return {"answers": answers, "documents": _documents(platform)}


def _asked(platform: Platform, tries: int) -> tuple[Any, str]:
    answer, error = None, "not asked"
    for _ in range(tries):
        if error:
            answer, error = platform.call(_request())
    return answer, error


def _request() -> dict[str, Any]:
    inputs = {
        "capture": ("ManifestFile", f"{MANIFESTS}/capture"),
        "truth": ("ManifestFile", f"{MANIFESTS}/truth"),
        "baseline": ("S3Prefix", BASELINE),
    }
    options = {"--output": f"{OPT_ML}/output", **{f"--{name}": f"{OPT_ML}/input/{name}" for name in inputs}}
    return {
        "kind": "model_quality",
        "again": False,
        "folder": FOLDER,
        "inputs": [
            {
                "InputName": name,
                "S3Input": {"S3Uri": f"s3://lake/{key}", "S3DataType": kind, "LocalPath": f"{OPT_ML}/input/{name}"},
            }
            for name, (kind, key) in inputs.items()
        ],
        "arguments": [text for pair in options.items() for text in pair],
    }


def _job(_self: object, arguments: Sequence[str], *, within_s: float) -> int:
    given = {name: Path(value) for name, value in zip(arguments[::2], arguments[1::2], strict=True)}
    brought = {name: sorted(it.name for it in path.rglob("*.json*")) for name, path in given.items()}
    given["--output"].mkdir(parents=True)
    (given["--output"] / VIOLATIONS).write_text(json.dumps(brought))
    return 0


def _documents(platform: Platform) -> list[Any]:
    return platform.rows(FOLDER)
