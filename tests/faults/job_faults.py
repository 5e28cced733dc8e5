"""Jobs that call AWS, under faults: started again by their state machine, they end with one whole result or none."""

import contextlib
import hashlib
import io
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
import small_lake
from fault_injection import Injector, KilledError
from fault_platform import Platform, running
from lambda_events import ENVIRONMENT

from pipelines.training_set.__main__ import main

Facts = dict[str, Any]
_TRIES = 4
_SINCE = "2018-04-01"
_ARGUMENTS = "--usecase fraud --lake s3://lake --set set --until 2018-04-03 --labels_until 2018-04-15 --since"


def training_set(injector: Injector) -> Facts:
    """A set of two days out of a small lake, then the same again after an event came late."""
    with pytest.MonkeyPatch.context() as patch, running(injector, "enrichment", ENVIRONMENT) as platform:
        patch.setattr("usecases.load", lambda _: small_lake.USECASE)
        upload(platform, small_lake.week()[:12], "delivery")
        halves, ends = [], []
        for round_ in range(2):
            if round_:
                upload(platform, [small_lake.event(90, day=1)], "late")
            ends.append(_until_done(platform, halves))
        return {"ends": ends, "half": halves, "manifest": _manifest(platform), "files": files(platform)}


def _until_done(platform: Platform, halves: list[str]) -> int:
    for _ in range(_TRIES):
        code = start(platform)
        halves += _broken(platform)
        if code == 0:
            return code
    return 1


def start(platform: Platform, *, since: str = _SINCE) -> int:
    """One run of the job. Returns its exit code."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        try:
            with platform.injector.watching():
                return main([*_ARGUMENTS.split(), since])
        except KilledError:
            return -9


def upload(platform: Platform, events: list[dict[str, Any]], name: str) -> None:
    """Put events into the lake, as Firehose does."""
    with tempfile.TemporaryDirectory() as folder:
        small_lake.put(Path(folder), events, name=name)
        for path in sorted(it for it in Path(folder).rglob("*") if it.is_file()):
            key = path.relative_to(folder).as_posix()
            platform.s3.put_object(Bucket="lake", Key=key, Body=path.read_bytes())


def files(platform: Platform) -> dict[str, str]:
    """The digest of every file of every training set."""
    found = platform.s3.list_objects_v2(Bucket="lake", Prefix="training/").get("Contents", [])
    bodies = {it["Key"]: platform.s3.get_object(Bucket="lake", Key=it["Key"])["Body"].read() for it in found}
    return {key: hashlib.sha256(body).hexdigest() for key, body in bodies.items()}


def _manifest(platform: Platform) -> Any:
    found = platform.s3.list_objects_v2(Bucket="lake", Prefix="training/set/manifest.json").get("Contents", [])
    return json.loads(platform.s3.get_object(Bucket="lake", Key=found[0]["Key"])["Body"].read()) if found else None


def _broken(platform: Platform) -> list[str]:
    """Files that the manifest names and that are not there. A newer file than the manifest's is work under way."""
    manifest, there = _manifest(platform), files(platform)
    named = [it["file"] for date in (manifest["dates"] if manifest else ()) for it in date["files"]]
    return [name for name in named if f"training/set/{name}" not in there]
