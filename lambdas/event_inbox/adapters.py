"""The event inbox's wiring to AWS."""

import os
from functools import cache, partial

from lambdas.event_inbox.formats import FORMATS
from lambdas.event_inbox.logic import EventReader
from lambdas.event_inbox.notes import FileNote
from lambdas.event_inbox.settings import FOLDERS, NOTES, Settings
from lambdas.shared.clients import PACED, client
from lambdas.shared.files.batches import Reading
from lambdas.shared.files.inbox import FileInbox
from lambdas.shared.files.objects import InboxFiles, InboxQueue
from lambdas.shared.files.stream import RecordStream
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> FileInbox:
    """The function, wired to AWS; once per process.

    The stream's client tries each call once: what the SDK sends again by itself nobody could count.
    """
    its = settings()
    files = InboxFiles(client("s3"), its.lake_bucket, rows="events")
    usecase = features(its.usecase).usecase
    return FileInbox(
        reading=Reading(
            usecase=usecase,
            folders=FOLDERS,
            formats=FORMATS,
            reader=partial(EventReader, usecase),
            inbox=files,
            sink=RecordStream(client("kinesis", PACED), its.events_stream, rows="events", ordered=False),
            lake=LakeBucket(client("s3"), its.lake_bucket),
            notes=partial(FileNote, client("s3"), its.lake_bucket, NOTES),
            slice_s=its.slice_s,
            most_bytes=its.most_bytes,
            most_ratio=its.most_ratio,
        ),
        receipts=files,
        queue=InboxQueue(client("sqs"), its.queue_url),
    )
