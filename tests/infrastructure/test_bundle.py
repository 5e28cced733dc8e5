"""A function's bundle carries what it imports, names no machine and runs on any architecture."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.components import bytecode
from stacks.components.bundle import LOCK, ROOT, RUNTIME_PYTHON, TABLES_LOCK, bundle

FUNCTIONS = (
    "delivery_transform",
    "deployment",
    "drift_response",
    "enrichment",
    "ground_truth",
    "inference",
    "label_inbox",
    "lookup_inbox",
)


@pytest.fixture(scope="module", params=FUNCTIONS)
def built(request: pytest.FixtureRequest) -> Path:
    return bundle(request.param, usecase="fraud")


def test_a_bundle_has_no_machine_code_and_no_trace_of_its_builder(built: Path) -> None:
    names = {path.name for path in built.rglob("*")}
    endings = {path.suffix for path in built.rglob("*")}
    assert not endings & {".so", ".pyd", ".dylib"}
    assert not names & {"RECORD", "INSTALLER", "direct_url.json", ".lock", "bin"}


def test_a_bundle_carries_bytecode_of_the_runtimes_python_or_none(built: Path) -> None:
    tag = f".cpython-{RUNTIME_PYTHON.replace('.', '')}.pyc"
    assert all(path.name.endswith(tag) for path in built.rglob("*.pyc"))
    if bytecode.interpreter(RUNTIME_PYTHON) is None:
        assert not list(built.rglob("__pycache__"))


def test_where_the_runtimes_python_is_here_every_module_is_compiled_and_the_bytes_name_no_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(bytecode, "interpreter", lambda _: Path(sys.executable))
    compiled = []
    for checkout in ("one", "another"):
        for name in ("lambdas", "headrace", "usecases", "requirements"):
            shutil.copytree(ROOT / name, tmp_path / checkout / name)
        folder = bundle("inference", usecase="fraud", root=tmp_path / checkout)
        compiled.append({it.relative_to(folder): it.read_bytes() for it in folder.rglob("*.pyc")})
    assert len(compiled[0]) == len(list(folder.rglob("*.py")))
    assert compiled[0] == compiled[1]
    assert not any(str(tmp_path).encode() in body for body in compiled[0].values())


def test_compiled_modules_are_used_although_a_zip_forgets_when_their_sources_were_written(tmp_path: Path) -> None:
    source = tmp_path / "answer.py"
    source.write_text("VALUE = 42\n")
    bytecode.compile_folder(tmp_path, Path(sys.executable))
    source.write_text("VALUE = 0  # whoever reads this did not use the bytecode\n")
    os.utime(source, (0, 0))
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import answer; print(answer.VALUE)"
    done = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "42"


def test_a_bundle_carries_its_own_function_the_domain_and_one_use_case(built: Path) -> None:
    folder = built.name.rpartition("-")[0]
    assert {path.name for path in (built / "lambdas").iterdir() if path.is_dir()} == {"shared", folder}
    assert sorted(path.name for path in (built / "usecases").iterdir()) == ["__init__.py", "fraud.py"]
    assert (built / "headrace" / "features.py").is_file()
    assert not list(built.rglob("*columnar*"))


def test_dependencies_are_the_locked_ones_without_the_sdk_of_the_runtime(built: Path) -> None:
    locked = {line.partition("==")[0] for line in (ROOT / LOCK).read_text().splitlines() if "==" in line}
    installed = {path.name.partition("-")[0].replace("_", "-") for path in built.glob("*.dist-info")}
    assert installed == locked
    assert "boto3" not in installed


def test_a_bundle_is_built_once_and_again_when_a_source_changes(tmp_path: Path) -> None:
    for name in ("lambdas", "headrace", "usecases", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    first = bundle("inference", usecase="fraud", root=tmp_path)
    assert bundle("inference", usecase="fraud", root=tmp_path) == first
    shared = tmp_path / "lambdas" / "shared" / "settings.py"
    shared.write_text(shared.read_text() + "\n")
    assert bundle("inference", usecase="fraud", root=tmp_path) != first


def test_a_change_elsewhere_leaves_the_bundle_alone(tmp_path: Path) -> None:
    for name in ("lambdas", "headrace", "usecases", "requirements"):
        shutil.copytree(ROOT / name, tmp_path / name)
    first = bundle("inference", usecase="fraud", root=tmp_path)
    other = tmp_path / "lambdas" / "enrichment" / "logic.py"
    other.write_text(other.read_text() + "\n")
    assert bundle("inference", usecase="fraud", root=tmp_path) == first


def test_a_function_that_runs_jobs_carries_them_and_numpy_for_lambdas_processor() -> None:
    folder = bundle("monitor_run", usecase="fraud", jobs=True)
    assert (folder / "pipelines" / "jobs" / "monitor.py").is_file()
    assert (folder / "pipelines" / "monitoring" / "counting.py").is_file()
    assert {it.relative_to(folder).parts[0] for it in folder.rglob("*.so")} == {"numpy", "numpy.libs"}
    built_for = {it.name.partition(".")[2] for it in (folder / "numpy").rglob("*.so")}
    assert built_for == {f"cpython-{RUNTIME_PYTHON.replace('.', '')}-aarch64-linux-gnu.so"}
    assert not list(folder.glob("numpy/**/tests"))
    unpacked = sum(it.stat().st_size for it in folder.rglob("*") if it.is_file())
    assert unpacked < 100_000_000  # of the 262 MB that Lambda takes


def test_a_function_that_reads_tables_carries_what_that_takes_and_stays_below_what_lambda_takes() -> None:
    folder = bundle("event_inbox", usecase="fraud", tables=True)
    code = [it for it in folder.rglob("*.so*") if it.is_file()]
    assert {it.relative_to(folder).parts[0] for it in code} == {"fastavro", "pyarrow"}
    assert all("cpython" not in it.name or f"{RUNTIME_PYTHON.replace('.', '')}-aarch64" in it.name for it in code)
    unpacked = sum(it.stat().st_size for it in folder.rglob("*") if it.is_file())
    assert unpacked < 150_000_000  # of the 262 MB that Lambda takes
    locked = {line.partition("==")[0] for line in (ROOT / TABLES_LOCK).read_text().splitlines() if "==" in line}
    assert {it.name.partition("-")[0].replace("_", "-") for it in folder.glob("*.dist-info")} == locked


def test_what_is_left_out_of_pyarrow_nothing_that_is_left_asks_for() -> None:
    folder = bundle("event_inbox", usecase="fraud", tables=True) / "pyarrow"
    library = re.compile(rb"\0(lib(?:arrow|parquet)[a-z_]*\.so\.[0-9]+)\0")
    asked = {name.decode() for it in folder.rglob("*.so*") for name in library.findall(it.read_bytes())}
    assert "libparquet.so.2200" in asked
    assert asked <= {it.name for it in folder.iterdir()}
