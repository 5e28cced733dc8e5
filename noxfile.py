"""Environments other than ours in which our code has to run: ``nox --session container``."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import nox

nox.options.sessions = ["container"]
FOLDER = "tests/unit/pipelines"
NOT_PROVED = (
    "NOT PROVED: that the jobs run in SageMaker's XGBoost image. "
    "Install Python 3.12, or name it in HEADRACE_PYTHON312, and run make test-container again"
)


def python312() -> str | None:
    """The first Python 3.12 that starts; an entry on PATH may be a shim of a version that is not switched on."""
    return next((path for path in _candidates() if _is_312(path)), None)


def _candidates() -> Iterator[str]:
    if named := os.environ.get("HEADRACE_PYTHON312"):
        yield named
    if found := shutil.which("python3.12"):
        yield found
    versions = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    yield from (str(path) for path in sorted(versions.glob("3.12*/bin/python"), reverse=True))


def _is_312(path: str) -> bool:
    command = [path, "-c", "import sys; sys.exit(sys.version_info[:2] != (3, 12))"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603 - an interpreter
    except OSError:
        return False


INTERPRETER = python312()


@nox.session(python=INTERPRETER or False, venv_backend="uv" if INTERPRETER else "none", reuse_venv=True)
def container(session: nox.Session) -> None:
    """The jobs and their server with the Python and the versions of the image they run in."""
    if INTERPRETER is None:
        session.skip(NOT_PROVED)
    session.install("--require-hashes", "-r", "requirements/container.txt")
    session.run("python", "-m", "pytest", f"--confcutdir={FOLDER}", FOLDER, *session.posargs, env={"PYTHONPATH": "."})
