"""Checks of a step that no service model can make: its cache, its property files, what it reads of them, a failure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.retraining import expressions

Step = Mapping[str, Any]
CACHED = frozenset({"Processing", "Training", "Tuning"})
_EXPIRY = re.compile(r"(?=.)(\d+[ymwd])*(T(\d+[hm])+)?")


def check(step: Step) -> Iterator[str]:
    """Every problem of one step by itself."""
    yield from _check_failure(step)
    yield from _check_cache(step)
    yield from _check_property_files(step)
    yield from _check_readings(step)


def own(step: Step) -> dict[str, Any]:
    """A step's arguments without the steps of its branches, which are checked by themselves."""
    return {key: it for key, it in step["Arguments"].items() if key not in ("IfSteps", "ElseSteps")}


def outputs(step: Step) -> set[str]:
    """The names of a processing step's outputs."""
    outputs = step["Arguments"].get("ProcessingOutputConfig", {}).get("Outputs", [])
    return {output["OutputName"] for output in outputs}


def _check_property_files(step: Step) -> Iterator[str]:
    delivered = outputs(step)
    for file in step.get("PropertyFiles", []):
        if file["OutputName"] not in delivered:
            yield f"property file {file['PropertyFileName']} is in the output {file['OutputName']}, which is not there"


def _check_failure(step: Step) -> Iterator[str]:
    """A failure is no call of the API, so no service model knows its only member."""
    if step["Type"] == "Fail" and set(step["Arguments"]) != {"ErrorMessage"}:
        yield "it needs an ErrorMessage and nothing else"


def _check_cache(step: Step) -> Iterator[str]:
    if not (cache := step.get("CacheConfig")):
        return
    if step["Type"] not in CACHED:
        yield f"a {step['Type']} step cannot be cached"
    if not _EXPIRY.fullmatch(cache.get("ExpireAfter", "")):
        yield f"CacheConfig.ExpireAfter is {cache.get('ExpireAfter')!r}: write days and hours as in 30d, T12h or 30dT5h"


def _check_readings(step: Step) -> Iterator[str]:
    """Readings of files; that the file is declared is checked with the other references."""
    for reading in expressions.readings(own(step)):
        file, path = reading.get("PropertyFile", {}).get("Get"), reading.get("Path")
        if not file and "S3Uri" not in reading:
            yield f"a reading of {path!r} names no property file"
        if not path:
            yield f"a reading of {file or reading.get('S3Uri')} has no path"
