"""Builds a function's asset with uv: the folders it imports and the locked dependencies, equal bytes on every machine.

No docker: the dependencies are pure Python, so one bundle serves any architecture and the local loop as well. Only a
function that runs jobs has numpy, and one that reads tables pyarrow and fastavro, which are Lambda's; the local loop
puts its own in their place. A bundle also carries bytecode if the Python of the runtime is on this machine.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from uv import find_uv_bin

from stacks.components import bytecode

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path("requirements", "lambdas.txt")
JOBS_LOCK = Path("requirements", "lambda-jobs.txt")
TABLES_LOCK = Path("requirements", "lambda-files.txt")
RUNTIME_PYTHON = "3.14"
_RECIPE = "3"
"""Part of every cache key: raise it when the steps below change."""


def bundle(function: str, *, usecase: str, jobs: bool = False, tables: bool = False, root: Path = ROOT) -> Path:
    """Build the asset of one function, or find it built.

    Args:
        function: the folder under ``lambdas/``.
        usecase: the only use case that goes into the bundle.
        jobs: whether it runs jobs: it carries them and numpy, which is built for Lambda's processor.
        tables: whether it reads tables in files: it carries pyarrow and fastavro, built for Lambda's processor.
        root: the checkout.

    Returns:
        A directory, named after its contents, to be zipped as the function's code.

    Raises:
        subprocess.CalledProcessError: if uv cannot install the locked dependencies; uv has printed why.
    """
    lock = JOBS_LOCK if jobs else TABLES_LOCK if tables else LOCK
    sources = sorted([*_sources(function, usecase, root), *(_jobs(root) if jobs else ())])
    compiler = bytecode.interpreter(RUNTIME_PYTHON)
    compiled_by = bytecode.release(compiler) if compiler else "nobody"
    digest = hashlib.sha256(f"{_RECIPE}{RUNTIME_PYTHON}{compiled_by}".encode())
    for path in (root / lock, *sources):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    target = root / "build" / "lambdas" / f"{function}-{digest.hexdigest()[:16]}"
    if not target.exists():
        with _publishing(target) as draft:
            shutil.copytree(_dependencies(root / lock), draft, dirs_exist_ok=True)
            for path in sources:
                copy = draft / path.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, copy)
            if compiler:
                bytecode.compile_folder(draft, compiler)
    return target


def _sources(function: str, usecase: str, root: Path) -> Iterator[Path]:
    """Modules of the bundle. Those that need numpy have ``columnar`` in their path and stay out."""
    lambdas = root / "lambdas"
    yield lambdas / "__init__.py"
    yield root / "usecases" / "__init__.py"
    yield root / "usecases" / f"{usecase}.py"
    for folder in (lambdas / "shared", lambdas / function, root / "headrace"):
        yield from (path for path in folder.rglob("*.py") if "columnar" not in path.relative_to(root).as_posix())


def _jobs(root: Path) -> Iterator[Path]:
    """Modules of jobs, as a container has them."""
    yield root / "pipelines" / "__init__.py"
    for folder in ("jobs", "monitoring"):
        yield from (root / "pipelines" / folder).rglob("*.py")


def _dependencies(lock: Path) -> Path:
    """Install a lock once. Whatever names this machine or checkout is removed, so that hashes agree everywhere."""
    digest = hashlib.sha256(f"{_RECIPE}{RUNTIME_PYTHON}".encode() + lock.read_bytes()).hexdigest()[:16]
    target = lock.parents[1] / "build" / "lambdas" / f"dependencies-{digest}"
    if not target.exists():
        with _publishing(target) as draft:
            subprocess.run(  # noqa: S603  the program is uv's own path, the arguments are ours
                [
                    find_uv_bin(),
                    "pip",
                    "install",
                    "--quiet",
                    "--require-hashes",
                    "--only-binary",
                    ":all:",
                    "--target",
                    str(draft),
                    "--python",
                    sys.executable,
                    "--python-version",
                    RUNTIME_PYTHON,
                    "--python-platform",
                    "aarch64-unknown-linux-gnu",
                    "-r",
                    str(lock),
                ],
                check=True,
            )
            _strip(draft)
    return target


_UNUSED = (
    "**/__pycache__",
    "numpy/**/tests",
    "*.dist-info/*",
    "pyarrow/tests",
    "pyarrow/include",
    "pyarrow/includes",
    "pyarrow/src",
    "pyarrow/**/*.p[xy][dxi]",
    "pyarrow/*flight*",
    "pyarrow/_pyarrow_cpp_tests*",
    "pyarrow/libarrow_python*.so",
    "pyarrow/libarrow_python*.so.*.*.*",
)
"""What no function uses. Of a library that is there under three names, one is what the others look for."""


def _strip(folder: Path) -> None:
    unused = [path for pattern in _UNUSED for path in folder.glob(pattern)]
    for path in (folder / ".lock", folder / "bin", *unused):
        if path.is_dir():
            shutil.rmtree(path)
        elif path.exists() and path.name != "METADATA":
            path.unlink()


@contextmanager
def _publishing(target: Path) -> Iterator[Path]:
    """A draft that appears under its name only when complete, so that parallel runs never see half a bundle."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".draft-") as holder:
        draft = Path(holder, "draft")
        draft.mkdir()
        yield draft
        try:
            draft.rename(target)
        except OSError:
            if not target.exists():  # otherwise another run was first, with the same contents
                raise
