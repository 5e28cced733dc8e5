"""Pack the code that the jobs run: the same bytes from every checkout, at every time.

Nothing is compressed, because compressors differ between builds of Python and the files are small. Modification times
are fixed and names sorted; so an asset's hash, and with it a template, changes only when the code does.
"""

import gzip
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from headrace.usecase import UseCase
from pipelines.retraining.plan import DefinitionError

_ROOT = Path(__file__).resolve().parents[2]
_PERMISSIONS = 0o644


@dataclass(frozen=True, kw_only=True)
class CodeFiles:
    """What was built: scripts, the packages they import as a zip, the training job's archive, and a word for nobody."""

    preprocess: Path
    evaluate: Path
    baseline: Path
    headrace: Path
    sourcedir: Path
    no_champion: Path


def build(usecase: UseCase, folder: Path, *, root: Path = _ROOT) -> CodeFiles:
    """Write the code of a use case's jobs into ``folder``.

    Args:
        usecase: the only one that travels.
        folder: created if needed; files in it are overwritten.
        root: of the checkout.

    Raises:
        DefinitionError: if the use case is not a file of its own in ``usecases``.
    """
    packages = modules(usecase, root)
    jobs = root / "pipelines" / "jobs"
    files = CodeFiles(
        preprocess=folder / "preprocess.py",
        evaluate=folder / "evaluate.py",
        baseline=folder / "baseline.py",
        headrace=folder / "headrace.zip",
        sourcedir=folder / "sourcedir.tar.gz",
        no_champion=folder / "no_champion.txt",
    )
    folder.mkdir(parents=True, exist_ok=True)
    for script in (files.preprocess, files.evaluate, files.baseline):
        script.write_bytes((jobs / script.name).read_bytes())
    files.no_champion.write_text("No model is deployed yet.\n")
    files.headrace.write_bytes(_zip(packages))
    files.sourcedir.write_bytes(_tar_gz({"train.py": (jobs / "train.py").read_bytes(), **packages}))
    return files


@dataclass(frozen=True, kw_only=True)
class TrainingSetFiles:
    """What was built for the Glue job: its script, and the packages it imports as a zip."""

    script: Path
    packages: Path


def build_training_set(usecase: UseCase, folder: Path, *, root: Path = _ROOT) -> TrainingSetFiles:
    """Write the code of a use case's training-set job into ``folder``; see ``build``."""
    pipelines = root / "pipelines"
    rooms = [*(pipelines / "glue").glob("*.py"), *(pipelines / "training_set").glob("*.py")]
    packages = {**_domain(usecase, root), **_read([pipelines / "__init__.py", *rooms], root)}
    files = TrainingSetFiles(script=folder / "training_set.py", packages=folder / "packages.zip")
    folder.mkdir(parents=True, exist_ok=True)
    files.script.write_bytes((pipelines / "glue" / "training_set.py").read_bytes())
    files.packages.write_bytes(_zip(packages))
    return files


def modules(usecase: UseCase, root: Path) -> dict[str, bytes]:
    """The modules that jobs import, by their path: the domain, the use case and the jobs' own."""
    paths = [
        root / "pipelines" / "__init__.py",
        *(root / "pipelines" / "jobs").rglob("*.py"),
        *(root / "pipelines" / "quality").glob("*.py"),
        *(root / "pipelines" / "monitoring").glob("*.py"),
    ]
    return {**_domain(usecase, root), **_read(paths, root)}


def _domain(usecase: UseCase, root: Path) -> dict[str, bytes]:
    own = root / "usecases" / f"{usecase.name}.py"
    if not own.is_file():
        raise DefinitionError(f"the use case {usecase.name} has no file usecases/{usecase.name}.py: add it")
    return _read([*(root / "headrace").rglob("*.py"), root / "usecases" / "__init__.py", own], root)


def _read(paths: Iterable[Path], root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def _zip(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, data in sorted(files.items()):
            entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system = 3  # Unix, wherever it is packed
            entry.external_attr = _PERMISSIONS << 16
            archive.writestr(entry, data)
    return buffer.getvalue()


def _tar_gz(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with (
        gzip.GzipFile(filename="", mode="wb", fileobj=buffer, compresslevel=0, mtime=0) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            entry.mode = _PERMISSIONS
            archive.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()
