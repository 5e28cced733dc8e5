"""One local SageMaker per test, on a platform in memory; afterwards none of its processes may be left."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from memory_platform import MemoryPlatform
from scenarios import Runner, create_config, register_model, settled

from local.sagemaker.service import SageMaker


@pytest.fixture
def platform(tmp_path: Path) -> MemoryPlatform:
    work_dir = tmp_path / "a path with spaces"
    work_dir.mkdir()
    return MemoryPlatform(work_dir)


@pytest.fixture
def sagemaker(platform: MemoryPlatform) -> Iterator[SageMaker]:
    service = SageMaker(platform)
    yield service
    service.close()
    assert not _processes_in(platform.work_dir), "processes were left behind"


@pytest.fixture
def runner(sagemaker: SageMaker) -> Runner:
    return Runner(sagemaker)


@pytest.fixture
def serving(sagemaker: SageMaker, platform: MemoryPlatform) -> SageMaker:
    config = create_config(sagemaker, register_model(sagemaker, platform, "v1"), "config-1")
    sagemaker.call("CreateEndpoint", {"EndpointName": "echo", "EndpointConfigName": config})
    assert settled(sagemaker, "echo")["EndpointStatus"] == "InService"
    return sagemaker


def _processes_in(directory: Path) -> list[str]:
    """Command lines of processes that work in or below a directory (Linux; elsewhere nothing is found)."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "cwd").readlink().is_relative_to(directory):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found
