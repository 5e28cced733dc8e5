"""One person's data, shown and taken away: everywhere, nobody else's, and with a receipt that names nobody."""

import base64
import gzip
import json
from pathlib import Path

import pytest
from erasable_site import PLACES, asked, captured, current, everything

from cli.deployment import Deployment
from cli.erase.command import walk
from cli.erase.work import Walk


def test_an_export_shows_everything_of_the_person_and_nothing_of_others(site: Deployment, tmp_path: Path) -> None:
    before = everything(site)
    made = walk(site, asked("export", tmp_path))
    assert made["found"] == PLACES
    shown = (tmp_path / "export.json").read_text()
    assert '"c2"' not in shown and "e2" not in shown
    assert [row["event_id"] for row in json.loads(shown)["events"]] == ["e1", "e3", "e4"]
    assert everything(site) == before


def test_an_erasure_leaves_nothing_of_the_person_and_everything_of_others(site: Deployment, tmp_path: Path) -> None:
    made = walk(site, asked("erase", tmp_path))
    assert (made["found"], made["removed"]) == (PLACES, sum(PLACES.values()))
    again = walk(site, asked("erase", tmp_path))
    assert (again["found"], again["removed"], again["objects"]) == ({}, 0, [])
    others = walk(site, asked("export", tmp_path, "c2"))
    assert others["found"]["events"] == others["found"]["labels"] == others["found"]["ground-truth"] == 1
    assert others["found"]["capture"] == 2
    left = [key.partition(" ")[0] for key in everything(site)]
    touched = [it["key"] for it in made["objects"]]
    assert all(left.count(key) <= 1 for key in touched), "an older version stayed"
    assert "events/dt=2030-01-01/hh=01/own.parquet" not in left
    assert [it["entity"]["S"] for it in site.dynamodb.scan(TableName="state")["Items"]] == ["customer#c2"]


def test_a_call_of_many_keeps_the_rows_of_the_others_under_their_own_id(site: Deployment, tmp_path: Path) -> None:
    walk(site, asked("erase", tmp_path))
    body = current(site, "capture/endpoint/AllTraffic/2030/01/01/00/a.jsonl")
    alone, shared = map(json.loads, body.splitlines())
    assert alone == captured("e2")
    sides = shared["captureData"]
    assert json.loads(sides["endpointInput"]["data"]) == {"instances": [{"amount": 1}], "ids": ["e2"]}
    assert json.loads(sides["endpointOutput"]["data"])["predictions"] == [{"score": 0.1}]
    assert shared["eventMetadata"]["inferenceId"] == "e2"


def test_ids_that_only_begin_alike_are_somebody_else(site: Deployment, tmp_path: Path) -> None:
    walk(site, asked("erase", tmp_path))
    (row,) = map(json.loads, current(site, "quarantine/enrichment/dt=2030-01-01/a.jsonl").splitlines())
    assert json.loads(base64.b64decode(row["data"]))["customer_id"] == "c11"
    left = gzip.decompress(current(site, "labels-inbox/a.csv.gz"))
    assert left.splitlines() == [b"event_id,customer_id,fraud", b"e2,c2,0"]


def test_the_receipt_names_nobody(site: Deployment, tmp_path: Path) -> None:
    walk(site, asked("erase", tmp_path))
    text = (tmp_path / "receipt.json").read_text()
    assert '"c1"' not in text
    made = json.loads(text)
    assert all(set(it) == {"key", "removed", "sha256_after"} for it in made["objects"])
    assert made["stays"]


def test_an_erasure_that_was_killed_finds_the_rest(
    site: Deployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace, left = Walk._replace, [0]

    def dying(self: Walk, key: str, rest: bytes | None) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        replace(self, key, rest)

    with monkeypatch.context() as patch:
        patch.setattr(Walk, "_replace", dying)
        for calls in (1, 2, 3):
            left[0] = calls
            with pytest.raises(KeyboardInterrupt):
                walk(site, asked("erase", tmp_path))
    walk(site, asked("erase", tmp_path))
    assert walk(site, asked("export", tmp_path))["found"] == {}
    assert all(b'"c1"' not in body for key, body in everything(site).items() if not key.startswith("models/"))
