"""What a processing container does around its job: inputs from the lake, the command, outputs to the lake.

The request is that of a processing job, so whoever asks need not know where it runs. Paths below ``/opt/ml``, which a
function cannot have, are moved below a scratch folder. Documents are written one by one, the violations last.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from headrace.errors import HeadraceError, RejectedError
from headrace.monitoring import VIOLATIONS

_OPT_ML = "/opt/ml/"
_CODE = "headrace"
"""The input that a container imports; the function's bundle has it."""
_AT_ONCE = 8
_REFUSED = 1
"""What a job exits with whose input cannot be used; whatever else it exits with, the input is not to blame."""


class RunLostError(HeadraceError):
    """The job ended without a verdict: it ran out of memory or time. A larger machine may judge the window."""


class Lake(Protocol):
    """The lake's bucket. Every method raises RetryableError or DependencyError."""

    def keys(self, prefix: str) -> Sequence[str]:
        """Every key below a prefix."""

    def read(self, key: str) -> bytes | None:
        """An object; None if there is none of that key."""

    def fetch(self, key: str, path: Path) -> None:
        """Write an object to a file."""

    def put(self, key: str, body: bytes) -> None:
        """Write an object."""


class Job(Protocol):
    """The job's command."""

    def run(self, arguments: Sequence[str], *, within_s: float) -> int:
        """Run it to its end and return its exit code. Raises RunLostError if it takes longer."""


@dataclass(frozen=True, kw_only=True)
class Runner:
    """The function, wired."""

    bucket: str
    lake: Lake
    job: Job


def run(request: Mapping[str, Any], runner: Runner, *, within_s: float) -> dict[str, Any]:
    """Judge one window.

    Args:
        request: what the monitoring function planned; see ``lambdas.monitoring.requests``.
        runner: wired.
        within_s: how long the job may take.

    Returns:
        ``{"judged": True}``, or False if the window's violations were there already and nobody asked to judge again.

    Raises:
        RejectedError: if the job cannot use its input; says why.
        RunLostError: if it ended without a verdict.
        RetryableError: if S3 throttles or cannot be reached.
        DependencyError: if S3 refuses.
    """
    if not request["again"] and runner.lake.read(f"{request['folder']}{VIOLATIONS}") is not None:
        return {"judged": False}
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        for it in request["inputs"]:
            if it["InputName"] != _CODE:
                _bring(it["S3Input"], root, runner)
        arguments = [_moved(text, root) for text in request["arguments"]]
        given = dict(zip(arguments[::2], arguments[1::2], strict=True))
        code = runner.job.run(arguments, within_s=within_s)
        if code == _REFUSED:
            reason = Path(given["--reason-file"])
            raise RejectedError(reason.read_text() if reason.is_file() else "the job failed; its log says why")
        if code:
            raise RunLostError(f"the job ended with {code}, as it does without memory; let a machine judge the window")
        _deliver(Path(given["--output"]), str(request["folder"]), runner.lake)
    return {"judged": True}


def _moved(text: str, root: Path) -> str:
    return str(root / text.removeprefix(_OPT_ML)) if text.startswith(_OPT_ML) else text


def _bring(source: Mapping[str, str], root: Path, runner: Runner) -> None:
    """Copy what an input names below its path."""
    folder, key = Path(_moved(source["LocalPath"], root)), _key(source["S3Uri"], runner.bucket)
    if source["S3DataType"] == "ManifestFile":
        manifest = runner.lake.read(key)
        if manifest is None:
            raise RejectedError(f"is not there: {key!r}", field="S3Uri")
        _, *names = json.loads(manifest)
        wanted = {name: folder / name for name in names}
    else:
        # A prefix also names what begins alike: only the folder, or the one object, is meant.
        below = [it for it in runner.lake.keys(key) if it == key or it.startswith(f"{key.rstrip('/')}/")]
        wanted = {it: folder / (it.removeprefix(key).lstrip("/") or Path(it).name) for it in below}
    with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        for _ in pool.map(lambda pair: _fetch(pair[0], pair[1], folder, runner.lake), wanted.items()):
            pass


def _fetch(key: str, path: Path, folder: Path, lake: Lake) -> None:
    if ".." in path.relative_to(folder).parts:
        raise RejectedError(f"leaves its folder: {key!r}", field="key")
    path.parent.mkdir(parents=True, exist_ok=True)
    lake.fetch(key, path)


def _deliver(output: Path, folder: str, lake: Lake) -> None:
    """Write every document; whoever waits for the violations finds the others."""
    found = sorted((it for it in output.rglob("*") if it.is_file()), key=lambda it: (it.name == VIOLATIONS, str(it)))
    for it in found:
        lake.put(f"{folder}{it.relative_to(output).as_posix()}", it.read_bytes())


def _key(uri: str, bucket: str) -> str:
    prefix = f"s3://{bucket}/"
    if not uri.startswith(prefix):
        raise RejectedError(f"is not in the lake {bucket}: {uri!r}", field="S3Uri")
    return uri.removeprefix(prefix)
