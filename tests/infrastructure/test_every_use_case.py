"""Every use case of the catalogue is synthesized for every stage: cdk-nag and cfn-lint find nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

import usecases
from stacks.stage import STAGES

NETWORK = ("subnets=subnet-0000001a,subnet-0000002b", "security_groups=sg-0000003c")
"""What a profile asks of production."""
ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usecases


@pytest.mark.timeout(300)
@pytest.mark.parametrize("stage", sorted(STAGES))
@pytest.mark.parametrize("usecase", usecases.names())
def test_templates_are_synthesized_under_nag_and_pass_the_linter(usecase: str, stage: str, tmp_path: Path) -> None:
    """In a process of their own, as ``make check`` and ``cdk deploy`` do; a finding without a reason ends it."""
    context = ["--context", f"usecase={usecase}", "--context", f"stage={stage}"]
    if usecases.load(usecase).compliance.demands.private:
        context += [part for place in NETWORK for part in ("--context", place)]
    command = [sys.executable, str(ROOT / "app.py"), *context, "--output", str(tmp_path / "assembly")]
    synthesized = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert synthesized.returncode == 0, synthesized.stderr[-3_000:]
    templates = sorted(map(str, (tmp_path / "assembly").glob("*.template.json")))
    assert len(templates) >= 8
    linter = Path(sys.executable).with_name("cfn-lint")
    linted = subprocess.run([str(linter), *templates], cwd=ROOT, capture_output=True, text=True, check=False)
    assert linted.returncode == 0, linted.stdout[-3_000:]
