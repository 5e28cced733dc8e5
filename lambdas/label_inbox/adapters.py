"""The label inbox's wiring to AWS."""

import os
from functools import cache, partial

from lambdas.label_inbox.logic import LabelReader
from lambdas.label_inbox.settings import FOLDERS, Settings
from lambdas.shared.clients import BULK, client
from lambdas.shared.files.batches import Reading
from lambdas.shared.files.inbox import FileInbox
from lambdas.shared.files.objects import InboxFiles, InboxQueue
from lambdas.shared.files.stream import RecordStream
from lambdas.shared.files.text_files import TEXT_FORMATS
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.loading import features


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> FileInbox:
    """The function, wired to AWS; once per process.

    A slice may be done again: its labels then come twice, which changes nothing, because labels fold by what they say
    and not by when they come. For that, lines that do not say when they were given all take the time at which S3 got
    the file.
    """
    its = settings()
    files = InboxFiles(client("s3"), its.lake_bucket, rows="labels")
    usecase = features(its.usecase).usecase
    return FileInbox(
        reading=Reading(
            usecase=usecase,
            folders=FOLDERS,
            formats=TEXT_FORMATS,
            reader=partial(LabelReader, usecase),
            inbox=files,
            sink=RecordStream(client("kinesis", BULK), its.labels_stream, rows="labels", ordered=True),
            lake=LakeBucket(client("s3"), its.lake_bucket),
            slice_s=its.slice_s,
            most_bytes=its.most_bytes,
            most_ratio=its.most_ratio,
        ),
        receipts=files,
        queue=InboxQueue(client("sqs"), its.queue_url),
    )
