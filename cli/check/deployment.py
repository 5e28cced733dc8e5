"""What a stage of a use case would create, counted in its synthesized templates."""

import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from headrace.errors import HeadraceError

ROOT = Path(__file__).resolve().parents[2]


class SynthesisError(HeadraceError):
    """The templates could not be synthesized; the message is what the app said."""


def deployment(usecase: str, stage: str) -> dict[str, Any]:
    """Synthesize a stage and count what it holds.

    Raises:
        SynthesisError: if the app refuses the use case or the stage.
    """
    with tempfile.TemporaryDirectory(prefix="headrace-check-") as folder:
        assembly = Path(folder) / "cdk.out"
        context = [part for pair in (f"usecase={usecase}", f"stage={stage}") for part in ("--context", pair)]
        command = [sys.executable, str(ROOT / "app.py"), *context, "--output", str(assembly)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603 - our own app
        if done.returncode:
            raise SynthesisError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "app.py failed")
        return counted(assembly)


def counted(assembly: Path) -> dict[str, Any]:
    """The stacks of an assembly with their resources, and the streams, functions and alarms by name or number."""
    templates = {path.name.removesuffix(".template.json"): _resources(path) for path in _templates(assembly)}
    every = [it for resources in templates.values() for it in resources.values()]
    types = Counter(it["Type"] for it in every)
    functions = {
        it["Properties"]["Handler"].split(".")[1]
        for it in every
        if it["Type"] == "AWS::Lambda::Function" and str(it["Properties"].get("Handler", "")).startswith("lambdas.")
    }
    return {
        "stacks": {name: len(resources) for name, resources in templates.items()},
        "resources": sum(types.values()),
        "streams": types["AWS::Kinesis::Stream"],
        "functions": sorted(functions),
        "feature_groups": types["AWS::SageMaker::FeatureGroup"],
        "tables": types["AWS::DynamoDB::Table"] + types["AWS::DynamoDB::GlobalTable"],
        "alarms": types["AWS::CloudWatch::Alarm"],
    }


def _templates(assembly: Path) -> list[Path]:
    return sorted(assembly.glob("*.template.json"))


def _resources(path: Path) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(path.read_text())["Resources"]
    return found
