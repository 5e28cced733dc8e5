"""The kinds of files that events come in, by the endings of their names."""

from collections.abc import Mapping

from lambdas.event_inbox.avro_files import avro_rows
from lambdas.event_inbox.parquet_files import parquet_rows
from lambdas.shared.files.batches import Format
from lambdas.shared.files.text_files import TEXT_FORMATS

FORMATS: Mapping[str, Format] = {
    **TEXT_FORMATS,
    ".parquet": Format(parquet_rows, packed=True),
    ".avro": Format(avro_rows, packed=True),
}
