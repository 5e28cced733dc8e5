"""One synthesis per stage and session, shared by all infrastructure tests."""

import functools
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from synthesized import Synthesized

import app as composition
from stacks.application import Application

sys.path.append(str(Path(__file__).parents[1] / "faults"))  # for what tells of roles' rights
Synth = Callable[..., Synthesized]


def synthesize(folder: Path, **context: str) -> Synthesized:
    """Synthesize in this process: cdk-nag checks every stage, CDK's own linter production."""
    app = Application(context={"usecase": "fraud", **context}, outdir=str(folder), linted=context["stage"] == "prod")
    composition.build(app)
    app.synth()
    return Synthesized(folder, app.target.prefix)


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    @functools.cache
    def once(stage: str) -> Synthesized:
        return synthesize(tmp_path_factory.mktemp("assembly") / stage, stage=stage)

    return once


@pytest.fixture(scope="session")
def prod(synth: Synth) -> Synthesized:
    return synth("prod")


@pytest.fixture(scope="session")
def local(synth: Synth) -> Synthesized:
    return synth("local")


@pytest.fixture(scope="session")
def dev(synth: Synth) -> Synthesized:
    return synth("dev")
