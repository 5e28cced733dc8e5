"""The packed code has the same bytes wherever and whenever it is packed, and holds what a job needs and no more."""

import os
import shutil
import tarfile
import zipfile
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from job_runs import ROOT

from headrace.usecase import UseCase
from pipelines.retraining import sources
from pipelines.retraining.plan import DefinitionError


def contents(files: sources.CodeFiles) -> dict[str, bytes]:
    return {name: path.read_bytes() for name, path in asdict(files).items()}


@pytest.fixture(scope="module")
def packed(fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> sources.CodeFiles:
    return sources.build(fraud, tmp_path_factory.mktemp("code"))


def copy_of_the_checkout(folder: Path) -> Path:
    for name in ("headrace", "usecases", "pipelines"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.rglob("*.py"):
        path.chmod(0o600)
        os.utime(path, (1, 1))
    return folder


def test_another_checkout_at_another_time_gives_the_same_bytes(
    packed: sources.CodeFiles, fraud: UseCase, tmp_path: Path
) -> None:
    other = sources.build(fraud, tmp_path / "code", root=copy_of_the_checkout(tmp_path / "a checkout"))
    assert contents(other) == contents(packed)


def test_a_changed_module_changes_both_archives(packed: sources.CodeFiles, fraud: UseCase, tmp_path: Path) -> None:
    root = copy_of_the_checkout(tmp_path / "checkout")
    (root / "headrace" / "duration.py").write_text("changed = True\n")
    other, before = contents(sources.build(fraud, tmp_path / "code", root=root)), contents(packed)
    assert {name for name, data in other.items() if data != before[name]} == {"headrace", "sourcedir"}


def test_only_the_chosen_use_case_and_only_modules_travel(packed: sources.CodeFiles, fraud: UseCase) -> None:
    names = set(zipfile.ZipFile(packed.headrace).namelist())
    with tarfile.open(packed.sourcedir) as archive:
        assert set(archive.getnames()) == names | {"train.py"}
    assert {name for name in names if name.startswith("usecases/")} == {"usecases/__init__.py", "usecases/fraud.py"}
    assert {Path(name).suffix for name in names} == {".py"}
    assert {name.partition("/")[0] for name in names} == {"headrace", "usecases", "pipelines"}
    assert not [name for name in names if name.startswith("pipelines/retraining")]


def test_the_training_script_is_where_the_container_looks_for_it(packed: sources.CodeFiles) -> None:
    with tarfile.open(packed.sourcedir) as archive:
        script = archive.extractfile("train.py")
        assert script is not None
        assert script.read() == (ROOT / "pipelines" / "jobs" / "train.py").read_bytes()


def test_packing_again_into_the_same_folder_changes_nothing(fraud: UseCase, tmp_path: Path) -> None:
    assert contents(sources.build(fraud, tmp_path)) == contents(sources.build(fraud, tmp_path))


def test_a_use_case_without_a_file_of_its_own_is_named(fraud: UseCase, tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match=r"usecases/bakery\.py"):
        sources.build(replace(fraud, name="bakery"), tmp_path)
