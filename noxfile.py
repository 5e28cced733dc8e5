"""What needs an environment other than ours: ``nox --session container``, ``nox --session audit``."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import nox

nox.options.sessions = ["container"]
FOLDER = "tests/unit/pipelines"
NOT_PROVED = (
    "NOT PROVED: that the jobs run in SageMaker's XGBoost image. "
    "Install Python 3.12, or name it in HEADRACE_PYTHON312, and run make test-container again"
)

LOCKS = ("lambdas", "lambda-jobs", "lambda-files", "dev", "container", "spark", "policies")
"""Groups of requirements that something of ours is installed from; what is only measured against is left out."""
NOT_AUDITED = (
    "NOT AUDITED: the advisory database could not be asked about every dependency; run it where PyPI is in reach"
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


@nox.session(venv_backend="none")
def audit(session: nox.Session) -> None:
    """Ask PyPI's advisory database about every pinned dependency, and count those that nothing was found out about."""
    reports = {group: _asked(group) for group in LOCKS}
    for group, found in reports.items():
        session.log(told(group, found))
    everything = [it for found in reports.values() for it in found or ()]
    if any(it.get("vulns") for it in everything):
        session.error("there are advisories: raise those versions in pyproject.toml and run make lock")
    if None in reports.values() or any("skip_reason" in it for it in everything):
        session.error(NOT_AUDITED)


def told(group: str, dependencies: Sequence[Mapping[str, Any]] | None) -> str:
    """One line about a group: how many were looked up, how many could not be, and the advisories."""
    if dependencies is None:
        return f"{group}: not one dependency looked up"
    left = sum("skip_reason" in it for it in dependencies)
    line = f"{group}: {len(dependencies) - left} of {len(dependencies)} dependencies looked up"
    found = [f"{it['name']} {it['version']}: {about['id']}" for it in dependencies for about in it.get("vulns", ())]
    return f"{line}; advisories: {', '.join(found) or 'none'}"


def _asked(group: str) -> Sequence[Mapping[str, Any]] | None:
    """Every dependency of a group with its ``vulns``, or with a ``skip_reason``; None if there is no answer at all."""
    tool = [sys.executable, "-m", "uv", "tool", "run", "pip-audit==2.10.*"]
    command = [*tool, "--disable-pip", "--require-hashes", "--format", "json", "-r", f"requirements/{group}.txt"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    try:
        found: Sequence[Mapping[str, Any]] = json.loads(done.stdout)["dependencies"]
    except ValueError:
        sys.stderr.write(done.stderr)
        return None
    return found
