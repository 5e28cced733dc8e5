"""One line of an endpoint's capture, without a person's rows: a call may hold the rows of many."""

import json
from typing import Any

from cli.erase.subject import Subject

_SIDES = (("endpointInput", ("instances", "ids")), ("endpointOutput", ("predictions",)))


def without(line: bytes, subject: Subject) -> tuple[Any, bytes]:
    """Part a line.

    Returns:
        What it holds of the person, None if nothing, and what is left of it: nothing if the whole call was theirs.
    """
    try:
        document = json.loads(line)
        about = document["eventMetadata"]
        asked = json.loads(document["captureData"]["endpointInput"]["data"])
    except (ValueError, KeyError, TypeError):
        return _opaque(line, subject)
    ids = asked.get("ids") if isinstance(asked, dict) else None
    if not isinstance(ids, list):
        named = {about.get("inferenceId"), about.get("eventId")}
        return (document, b"") if named & subject.inferences else _opaque(line, subject)
    places = {place for place, it in enumerate(ids) if it in subject.inferences}
    if not places:
        return None, line
    if len(places) == len(ids):
        return document, b""
    return {"ids": [ids[place] for place in sorted(places)]}, _cut(document, ids, places, subject)


def _opaque(line: bytes, subject: Subject) -> tuple[Any, bytes]:
    """A line of somebody else's shape: it goes if it names one of the person's events or the person."""
    text = line.decode(errors="replace")
    hit = subject.in_text(text) or any(f'"{it}"' in text for it in subject.inferences)
    return (text.rstrip("\n"), b"") if hit else (None, line)


def _cut(document: dict[str, Any], ids: list[Any], places: set[int], subject: Subject) -> bytes:
    for side, names in _SIDES:
        held = document["captureData"].get(side)
        if held is None:
            continue
        content = json.loads(held["data"])
        for name in names:
            if isinstance(rows := content.get(name), list) and len(rows) == len(ids):
                content[name] = [row for place, row in enumerate(rows) if place not in places]
        held["data"] = json.dumps(content, separators=(",", ":"))
    left = [it for place, it in enumerate(ids) if place not in places]
    if document["eventMetadata"].get("inferenceId") in subject.inferences:
        document["eventMetadata"]["inferenceId"] = left[0]  # the call went by its first row's id
    return json.dumps(document).encode() + b"\n"
