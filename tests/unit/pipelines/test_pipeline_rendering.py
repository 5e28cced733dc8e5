"""Rendering the pipeline leaves no trace, opens no socket and depends on nobody's settings."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from job_runs import ROOT, MakeDefinition

from pipelines.retraining.plan import CodeLocations


def test_rendering_twice_gives_the_same_and_leaves_no_trace(
    rendered: dict[str, Any], make_definition: MakeDefinition, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-1")
    before, disabled = dict(os.environ), logging.root.manager.disable
    assert make_definition() == rendered
    assert dict(os.environ) == before
    assert logging.root.manager.disable == disabled


def test_rendering_opens_no_socket(
    rendered: dict[str, Any], make_definition: MakeDefinition, socket_disabled: None
) -> None:
    assert make_definition() == rendered


RENDER = """
import json, sys, usecases
from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations
given = json.load(sys.stdin)
code = CodeLocations(**given.pop("code"))
json.dump(definition(usecase=usecases.load("fraud"), code=code, **given), sys.stdout)
"""
USERS_DEFAULTS = """
SchemaVersion: '1.0'
SageMaker:
  TrainingJob:
    Environment: {LEAKED: 'yes'}
    VpcConfig: {SecurityGroupIds: [sg-1], Subnets: [subnet-1]}
"""


def test_rendering_does_not_depend_on_who_renders(
    rendered: dict[str, Any], locations: CodeLocations, tmp_path: Path
) -> None:
    """In a fresh process, so that what the SDK reads while it is imported counts as well."""
    for folder in (".config/sagemaker", "Library/Application Support/sagemaker"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.yaml").write_text(USERS_DEFAULTS)
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "AWS_PROFILE": "nobody", "PYTHONPATH": str(ROOT)}
    given = {
        "name": "another-name",
        "region": "eu-west-1",
        "bucket": "${Token[TOKEN.11]}",
        "role_arn": "${Token[TOKEN.12]}",
        "kms_key_arn": "${Token[TOKEN.13]}",
        "model_package_group": "headrace-fraud-dev",
        "code": vars(locations),
    }
    command = [sys.executable, "-W", "error", "-c", RENDER]
    done = subprocess.run(
        command,
        input=json.dumps(given),
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == rendered
    assert done.stderr == ""


def test_nothing_but_a_definition_imports_the_sdk() -> None:
    """The SDK takes seconds to import: stacks, Lambdas and jobs must not pay for it."""
    modules = (
        "pipelines.retraining.definition, pipelines.retraining.sources, pipelines.jobs.train, pipelines.jobs.evaluate"
    )
    check = f"import sys, {modules}; sys.exit(any(name.partition('.')[0] == 'sagemaker' for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", check], cwd=ROOT, timeout=60, check=False).returncode == 0
