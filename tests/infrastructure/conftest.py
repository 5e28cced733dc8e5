"""One synthesis per stage and run, shared by all infrastructure tests, in whichever process they run."""

import fcntl
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from synthesized import Synthesized, synthesize

for _folder in ("faults", "unit/lambdas"):
    sys.path.append(str(Path(__file__).parents[1] / _folder))

Synth = Callable[..., Synthesized]


@pytest.fixture(scope="session")
def synth(tmp_path_factory: pytest.TempPathFactory) -> Synth:
    base = tmp_path_factory.getbasetemp()
    assemblies = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "assemblies"
    assemblies.mkdir(exist_ok=True)

    @functools.cache
    def once(stage: str) -> Synthesized:
        folder, prefix = assemblies / stage, assemblies / f"{stage}.prefix"
        with (assemblies / f"{stage}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # until it is closed: another process may be at it
            if not prefix.exists():
                prefix.write_text(synthesize(folder, stage=stage).prefix)
        return Synthesized(folder, prefix.read_text())

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


@pytest.fixture(scope="module")
def struck_clients() -> Iterator[None]:
    """The functions' clients are made anew, such that they can be made to fail."""
    import boto3  # noqa: PLC0415  # most tests here do without the SDK
    import fault_injection  # noqa: PLC0415  # loads it

    from lambdas.shared import clients  # noqa: PLC0415

    fault_injection.prepare()
    clients._client.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_SECRET_ACCESS_KEY": "none",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "POWERTOOLS_METRICS_DISABLED": "true",
            "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        }.items():
            patch.setenv(name, value)
        yield
    fault_injection.install(fault_injection.Injector())
    boto3.DEFAULT_SESSION = None
    clients._client.cache_clear()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many stories of the chain were lived through, and of what kind."""
    known = sys.modules.get("chain_story")
    if known is not None and known.lived:
        told = ", ".join(f"{kind} {count:,}" for kind, count in sorted(known.lived.items()))
        terminalreporter.line(f"chains from drift to rollout: {sum(known.lived.values()):,} ({told})")
