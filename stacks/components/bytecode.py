"""Compiles a bundle for the Python that will run it, where that Python is on this machine.

A function's folder is read-only, so what a bundle does not carry is compiled again at every cold start.
"""

import subprocess
from functools import cache
from pathlib import Path

from uv import find_uv_bin

DEPLOYED_TO = "/var/task"
"""Where Lambda unpacks a bundle, and so what tracebacks name."""


@cache
def interpreter(version: str) -> Path | None:
    """The interpreter of a version such as ``3.14`` if it is installed; nothing is downloaded."""
    request = [
        find_uv_bin(),
        "python",
        "find",
        "--quiet",
        "--no-project",
        "--no-python-downloads",
        "--offline",
        version,
    ]
    found = subprocess.run(request, capture_output=True, text=True, check=False)  # noqa: S603  uv's own path
    return Path(found.stdout.strip()) if found.returncode == 0 else None


@cache
def release(python: Path) -> str:
    """The exact release of an interpreter, such as ``3.14.2``: another one may write other bytes."""
    program = "import platform; print(platform.python_version())"
    return subprocess.run([python, "-I", "-c", program], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603  found by uv


def compile_folder(folder: Path, python: Path) -> None:
    """Write the bytecode of every module below a folder.

    It is valid whatever the sources' times are, because a zip does not keep them, and equal on every machine: it names
    the place of deployment, and sets are laid out by one seed.

    Raises:
        subprocess.CalledProcessError: if a module does not compile; its message has been printed.
    """
    place = ["-s", str(folder), "-p", DEPLOYED_TO, str(folder)]
    subprocess.run(  # noqa: S603  an interpreter that uv found
        [python, "-s", "-m", "compileall", "-q", "-f", "-j", "1", "--invalidation-mode", "unchecked-hash", *place],
        check=True,
        env={"PYTHONHASHSEED": "0"},
        cwd=folder,
    )
