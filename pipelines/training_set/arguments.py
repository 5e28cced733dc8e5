"""The command line that all engines share. Glue passes ``--name value`` pairs, among them some of its own."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import usecases
from headrace.errors import HeadraceError
from headrace.schema import parse_timestamp
from pipelines.training_set import days
from pipelines.training_set.days import DAY_S
from pipelines.training_set.errors import LakeError
from pipelines.training_set.objects import Folder, ObjectStore
from pipelines.training_set.order import Order

NAMES = ("usecase", "lake", "set", "until", "since", "days", "labels_until", "late_days", "parts")
"""Every argument's name, for whoever has to ask for each."""
_S3 = "s3://"


def parser() -> argparse.ArgumentParser:
    """What can be ordered. Days are ``YYYY-MM-DD`` (UTC) or ``today``."""
    it = argparse.ArgumentParser(description="Bring a training set to what the lake holds.", allow_abbrev=False)
    it.add_argument("--usecase", required=True, help="whose features and label, for example fraud")
    it.add_argument("--lake", required=True, help="s3://BUCKET, or a folder that holds events/ and labels/")
    it.add_argument("--set", required=True, help="name of the set: it is written below training/NAME/ of the lake")
    it.add_argument("--until", default="today", help="the day after the last one (default: today)")
    it.add_argument("--since", help="the first day (default: --days before --until)")
    it.add_argument("--days", type=int, default=90, help="how many days, where --since is not given (default: 90)")
    it.add_argument("--labels_until", help="labels known before it count: a day or a time with its offset (--until)")
    it.add_argument("--late_days", type=int, default=7, help="how late events may arrive and be found (default: 7)")
    it.add_argument("--parts", type=int, default=1, help="files per day (default: 1)")
    return it


def parse(argv: Sequence[str]) -> tuple[ObjectStore, Order]:
    """The lake and what is to be built from it. Arguments that are not ours are left to whom they belong.

    Raises:
        LakeError: if an argument makes no sense; names it and the fix.
        UseCaseError: if there is no such use case.
    """
    given, _ = parser().parse_known_args(argv)
    until = _day("until", given.until)
    order = Order(
        usecase=usecases.load(given.usecase),
        name=given.set,
        since=_day("since", given.since) if given.since else until - given.days,
        until=until,
        labels_until=_moment(given.labels_until) if given.labels_until else until * DAY_S,
        late_days=given.late_days,
        parts=given.parts,
    )
    return lake(given.lake), order


def lake(place: str) -> ObjectStore:
    """The store at a place.

    Raises:
        LakeError: if a folder does not exist.
    """
    if place.startswith(_S3):
        from pipelines.training_set.bucket import Bucket  # noqa: PLC0415  # one machine needs no AWS library

        return Bucket(place.removeprefix(_S3).strip("/"))
    folder = Path(place)
    if not folder.is_dir():
        raise LakeError(f"lake: there is no folder {place}; give s3://BUCKET or a folder with events/ and labels/")
    return Folder(folder)


def _day(name: str, text: str) -> int:
    if text == "today":
        return days.today()
    try:
        return days.parse(text)
    except ValueError as exc:
        raise LakeError(f"{name}: {text!r} is no day; write YYYY-MM-DD or 'today'") from exc


def _moment(text: str) -> int:
    try:
        return days.parse(text) * DAY_S
    except ValueError:
        pass
    try:
        return parse_timestamp(text, field="labels_until")
    except HeadraceError as exc:
        raise LakeError(f"{exc}; write YYYY-MM-DD or a time such as 2018-08-01T12:00:00Z") from exc
