"""The lookup inbox's wiring to AWS."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial

from headrace.errors import RejectedError
from headrace.frozen import dataclass
from headrace.usecase import Lookup, UseCase
from lambdas.lookup_inbox.logic import ReadingSink, inbox_of
from lambdas.lookup_inbox.reading_rows import ReadingReader
from lambdas.lookup_inbox.settings import STRAY, Settings, folders
from lambdas.shared.clients import PACED, client
from lambdas.shared.files.batches import Batch, Format, Reading
from lambdas.shared.files.inbox import FileInbox
from lambdas.shared.files.objects import InboxFiles, InboxQueue
from lambdas.shared.files.places import Folders
from lambdas.shared.files.ports import Opened
from lambdas.shared.files.rows import Row
from lambdas.shared.files.text_files import TEXT_FORMATS
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features
from lambdas.shared.lookup_table import LookupTable

_PATIENT = PACED._replace(attempts=4)


@dataclass(frozen=True, kw_only=True)
class Inboxes:
    """One inbox per look-up, and one that refuses what lies in none's folder."""

    own: Sequence[FileInbox]
    stray: FileInbox

    def of(self, body: str) -> FileInbox:
        """Who takes in what a message is about."""
        return inbox_of(body, self.own, self.stray)


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> Inboxes:
    """The function, wired to AWS; once per process."""
    its = settings()
    usecase = features(its.usecase).usecase
    own = [_inbox(its, usecase, it, folders(it.name)) for it in usecase.lookups]
    return Inboxes(own=own, stray=_inbox(its, usecase, usecase.lookups[0], STRAY))


def _inbox(its: Settings, usecase: UseCase, lookup: Lookup, places: Folders) -> FileInbox:
    files = InboxFiles(client("s3"), its.lake_bucket, rows="readings")
    lake = LakeBucket(client("s3"), its.lake_bucket)
    table = LookupTable(client("dynamodb", _PATIENT), its.lookup_table, executor=ThreadPoolExecutor(its.store_threads))
    return FileInbox(
        reading=Reading(
            usecase=usecase,
            folders=places,
            formats={"": Format(partial(_refuse, usecase))} if places is STRAY else TEXT_FORMATS,
            reader=partial(ReadingReader, usecase, lookup),
            inbox=files,
            sink=ReadingSink(usecase=usecase, lookup=lookup, table=table, lake=lake),
            lake=lake,
            slice_s=its.slice_s,
            most_bytes=its.most_bytes,
            most_ratio=its.most_ratio,
        ),
        receipts=files,
        queue=InboxQueue(client("sqs"), its.queue_url),
    )


def _refuse(usecase: UseCase, _batch: Batch, _opened: Opened) -> Iterator[Row]:
    known = ", ".join(folders(it.name).inbox for it in usecase.lookups)
    raise RejectedError(f"lies in no look-up's folder: use {known}")
