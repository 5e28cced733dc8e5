"""Files of events that name a person go as a whole, once the inbox has read them; those of others stay."""

import gzip
import io
import json
from pathlib import Path

import fastavro
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from erasable_site import asked, everything

from cli.deployment import Deployment
from cli.erase.command import walk
from lambdas.event_inbox.settings import FOLDERS
from lambdas.shared.files.places import Place
from pipelines.training_set.errors import LakeError

ROWS = ({"event_id": "e1", "customer_id": "c1"}, {"event_id": "e2", "customer_id": "c2"})
SCHEMA = {
    "type": "record",
    "name": "Event",
    "fields": [{"name": "event_id", "type": "string"}, {"name": "customer_id", "type": "string"}],
}


def files(*rows: dict[str, str]) -> dict[str, bytes]:
    table, avro = io.BytesIO(), io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), table)
    fastavro.writer(avro, SCHEMA, list(rows))
    nested = "\n".join(json.dumps({"event_id": it["event_id"], "customer": {"id": it["customer_id"]}}) for it in rows)
    return {
        "a.parquet": table.getvalue(),
        "a.avro": avro.getvalue(),
        "a.jsonl.gz": gzip.compress(nested.encode()),
        "damaged.avro": b"Obj\x01 " + rows[0]["customer_id"].encode() + b" \xff",
    }


def drop(site: Deployment, folder: str, *rows: dict[str, str], read: bool = True) -> list[str]:
    keys = []
    for name, body in files(*rows).items():
        keys.append(f"events-inbox/{folder}/{name}")
        put = site.s3.put_object(Bucket="lake", Key=keys[-1], Body=body)
        if read:
            place = Place(key=keys[-1], version=put.get("VersionId", ""))
            site.s3.put_object(Bucket="lake", Key=FOLDERS.receipt(place), Body=b"{}")
    return keys


def test_a_file_that_names_the_person_goes_as_a_whole_and_others_stay(site: Deployment, tmp_path: Path) -> None:
    theirs, others = drop(site, "theirs", *ROWS), drop(site, "others", ROWS[1])
    made = walk(site, asked("erase", tmp_path))
    assert made["found"]["events-inbox"] == len(theirs)
    left = {key.rpartition(" ")[0] for key in everything(site)}
    assert not left & {*theirs}
    assert {*others} <= left


def test_a_file_that_is_not_read_yet_is_not_taken_away(site: Deployment, tmp_path: Path) -> None:
    keys = drop(site, "new", *ROWS, read=False)
    with pytest.raises(LakeError, match="has no receipt yet"):
        walk(site, asked("erase", tmp_path))
    assert {*keys} <= {key.rpartition(" ")[0] for key in everything(site)}
