"""Redrive of rejects: what is valid by now goes onto the stream, once, and the rest stays."""

import base64
import json

import pytest
from feature_versions import by_shard
from given_up import Site

from cli.redrive.quarantine import NOTES, redrive_quarantine


def quarantined(site: Site, *bodies: dict[str, object]) -> str:
    """Put rejects where enrichment puts them."""
    columns = {"shard_id": "shardId-000000000000", "sequence_number": "7", "arrived_at": "2030-01-01T00:00:00.000Z"}
    lines = [
        json.dumps({"reason": "wrong", **columns, "data": base64.b64encode(json.dumps(it).encode()).decode()})
        for it in bodies
    ]
    key = "quarantine/enrichment/dt=2030-01-01/a.jsonl"
    site.world.s3.put_object(Bucket="lake", Key=key, Body="\n".join(lines).encode())
    return key


def on_stream(site: Site) -> list[bytes]:
    return [it.data for shard in by_shard(site.world, "events") for it in shard]


def test_rejects_that_are_valid_by_now_go_onto_the_stream_and_the_rest_stays(site: Site) -> None:
    good, bad = {**site.sent[0], "event_id": "late"}, {"event_id": "no"}
    key, before = quarantined(site, good, bad), len(on_stream(site))
    dry = redrive_quarantine(site.deployment, lambda *_: None, dry_run=True)
    assert (dry.records, dry.kept, dry.sent, len(on_stream(site))) == (2, 1, 0, before)
    found = redrive_quarantine(site.deployment, lambda *_: None, dry_run=False)
    assert (found.records, found.sent, found.kept, found.settled) == (2, 1, 1, 0)
    assert json.dumps(good).encode() in on_stream(site)
    left = site.world.s3.get_object(Bucket="lake", Key=key)["Body"].read().splitlines()
    assert [json.loads(base64.b64decode(json.loads(line)["data"])) for line in left] == [bad]
    assert redrive_quarantine(site.deployment, lambda *_: None, dry_run=False).sent == 0
    assert len(on_stream(site)) == before + 1


def test_rejects_whose_sending_was_interrupted_are_not_sent_twice(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    key, before = quarantined(site, {**site.sent[0], "event_id": "late"}), len(on_stream(site))

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("cli.redrive.quarantine._keep", die)
        with pytest.raises(KeyboardInterrupt):
            redrive_quarantine(site.deployment, lambda *_: None, dry_run=False)
    assert len(on_stream(site)) == before + 1
    assert redrive_quarantine(site.deployment, lambda *_: None, dry_run=False).settled == 1
    assert len(on_stream(site)) == before + 1
    for prefix in (key, NOTES):
        assert site.world.s3.list_objects_v2(Bucket="lake", Prefix=prefix)["KeyCount"] == 0
