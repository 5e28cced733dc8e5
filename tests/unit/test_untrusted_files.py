"""Files from elsewhere: archives stay in their folder, nothing is unpickled, pages escape what they show."""

import ast
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.sagemaker import transfer
from pipelines.jobs import artifact

ROOT = Path(__file__).parents[2]
PACKAGES = ("cli", "headrace", "lambdas", "local", "pipelines", "stacks", "usecases")
UNSAFE = {"cloudpickle", "dill", "joblib", "marshal", "pickle", "shelve"}


def archive(folder: Path, *members: tarfile.TarInfo) -> Path:
    """A packed model whose members hold four bytes each."""
    path = folder / artifact.ARCHIVE
    with tarfile.open(path, "w:gz") as target:
        for it in members:
            it.size = 0 if it.issym() else 4
            target.addfile(it, io.BytesIO(b"evil"))
    return path


def named(name: str, *, link: str = "") -> tarfile.TarInfo:
    """A file, or a link to somewhere."""
    info = tarfile.TarInfo(name)
    if link:
        info.type, info.linkname = tarfile.SYMTYPE, link
    return info


OUTSIDE = [named("../evil"), named("code/../../evil"), named("out", link="/etc"), named("out", link="../..")]


@pytest.mark.parametrize("member", OUTSIDE, ids=lambda it: f"{it.name} {it.linkname}".strip())
def test_a_model_artifact_cannot_write_outside_its_folder(member: tarfile.TarInfo, tmp_path: Path) -> None:
    given, into = tmp_path / "given", tmp_path / "into" / "model"
    given.mkdir()
    into.mkdir(parents=True)
    archive(given, member)
    with pytest.raises(tarfile.FilterError):
        artifact.unpack(given, into)
    with pytest.raises(Exception, match="failed to extract"):
        transfer.unpack(given / artifact.ARCHIVE, into)
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "into" / "evil").exists()


def test_a_member_with_an_absolute_name_lands_inside(tmp_path: Path) -> None:
    given, into = tmp_path / "given", tmp_path / "into"
    given.mkdir()
    archive(given, named("/evil-of-an-absolute-name"))
    artifact.unpack(given, into)
    assert (into / "evil-of-an-absolute-name").read_bytes() == b"evil"
    assert not Path("/evil-of-an-absolute-name").exists()


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call of the code base, with where it is."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", node


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def argument(call: ast.Call, name: str) -> object:
    value = next((it.value for it in call.keywords if it.arg == name), None)
    return value.value if isinstance(value, ast.Constant) else value


def test_nothing_unpickles() -> None:
    found = []
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [it.name for it in node.names] if isinstance(node, ast.Import) else []
                names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
                found += [f"{path}: {it}" for it in names if it.partition(".")[0] in UNSAFE]
    assert found == []
    assert [where for where, call in calls() if argument(call, "allow_pickle") is True] == []


def test_every_archive_is_unpacked_with_the_filter_for_data() -> None:
    unpacking = [(where, call) for where, call in calls() if name_of(call) in ("extractall", "extract")]
    tars = [
        (where, call) for where, call in unpacking if "import tarfile" in (ROOT / where.partition(":")[0]).read_text()
    ]
    assert tars
    assert [where for where, call in tars if argument(call, "filter") != "data"] == []


def test_every_template_escapes_what_it_is_given() -> None:
    environments = [(where, call) for where, call in calls() if name_of(call) == "Environment"]
    pages = [(where, call) for where, call in environments if argument(call, "loader") is not None]
    assert pages
    assert [where for where, call in pages if argument(call, "autoescape") is not True] == []
