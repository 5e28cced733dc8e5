"""One local SageMaker per test, on a platform in memory, leaving no process behind; and one emulator per file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from emulator_stacks import create_role
from memory_platform import MemoryPlatform
from scenarios import Runner, create_config, register_model, settled

from local.loop import Loop
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


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    with Loop(log_dir=tmp_path_factory.mktemp("logs")) as running:
        running.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        create_role(running, "pipeline", ["s3:*"], ["arn:aws:s3:::lake", "arn:aws:s3:::lake/*"])
        create_role(running, "blind", ["s3:GetObject"], ["arn:aws:s3:::other/*"])
        yield running


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
