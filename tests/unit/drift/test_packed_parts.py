"""Parts that several machines counted, packed, unpacked and merged, are what one pass gives."""

import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from headrace.drift import Summary, documents, merged, packing, summarize
from headrace.errors import RejectedError
from pipelines.jobs import monitor
from pipelines.monitoring import shards
from pipelines.monitoring.refusal import TableError
from pipelines.monitoring.watch import watch

ROWS = 9_000


def table(rows: int = ROWS, factor: float = 1.0) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "amount": factor * rng.lognormal(3, 1, rows),
            "kind": rng.choice(["web", "shop"], rows),
            "name": [f"name {it}" for it in rng.integers(0, 7_000, rows)],
            "odd": [None if it % 7 == 0 else it for it in range(rows)],
        }
    )


def counted(frame: pd.DataFrame) -> Summary:
    return summarize({name: frame[name].to_numpy() for name in frame})


def test_unpacked_parts_merged_are_one_pass_to_the_bit() -> None:
    frame = table()
    parts = [packing.unpack(packing.pack(counted(frame.iloc[it::4]))) for it in range(4)]
    whole, together = counted(frame), merged(parts)
    for name in ("amount", "kind", "odd"):
        one, other = whole.columns[name], together.columns[name]
        assert (one.rows, one.missing, one.texts.named) == (other.rows, other.missing, other.texts.named)
        assert np.array_equal(one.numbers.keys, other.numbers.keys)
        assert np.array_equal(one.numbers.counts, other.numbers.counts)
    assert np.array_equal(whole.columns["name"].texts.hashed(), together.columns["name"].texts.hashed())
    assert together.columns["name"].texts.distinct.count == whole.columns["name"].texts.distinct.count


def test_a_packed_summary_is_the_same_bytes_and_the_same_documents() -> None:
    summary = counted(table())
    body = packing.pack(summary)
    assert packing.pack(packing.unpack(body)) == body
    assert documents.statistics(packing.unpack(body)) == documents.statistics(summary)


@pytest.mark.parametrize("body", [b"no", gzip.compress(b"[]", mtime=0), gzip.compress(b'{"version": 9}', mtime=0)])
def test_bytes_of_something_else_are_refused(body: bytes) -> None:
    with pytest.raises(RejectedError):
        packing.unpack(body)


def test_machines_that_share_a_window_judge_as_one(tmp_path: Path) -> None:
    table().to_parquet(tmp_path / "normal.parquet")
    now = table(factor=1.5)
    (tmp_path / "whole").mkdir()
    now.to_parquet(tmp_path / "whole" / "a.parquet")
    for host in ("algo-1", "algo-2", "algo-3"):
        place, config = tmp_path / host, tmp_path / f"{host}.json"
        place.mkdir()
        now.iloc[int(host[-1]) - 1 :: 3].to_parquet(place / "a.parquet")
        config.write_text(json.dumps({"current_host": host}))
        given = ["--capture", str(place), "--output", str(tmp_path / "parts"), "--resources", str(config)]
        assert monitor.main(["--usecase", "fraud", "--part", *given]) == 0
    one, other = (watch(tmp_path / "normal.parquet", tmp_path / it) for it in ("whole", "parts"))
    assert one.findings.violations == other.findings.violations != ()
    assert one.findings.drifted == other.findings.drifted == ("amount",)


def test_a_part_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "algo-1.summary").write_bytes(b"no")
    with pytest.raises(TableError, match=r"algo-1\.summary"):
        shards.gathered(tmp_path)


def test_a_machine_without_a_file_or_with_damaged_ones_changes_nothing(tmp_path: Path) -> None:
    table().to_parquet(tmp_path / "normal.parquet")
    lines = [json.dumps(it) for it in table(factor=1.5).to_dict("records")]
    shares = {"algo-1": lines[::2], "algo-2": lines[1::2], "algo-3": None, "algo-4": ["{", "no"]}
    for host, share in shares.items():
        place = tmp_path / "whole" / host
        place.mkdir(parents=True)
        if share is not None:
            (place / f"{host}.jsonl").write_text("\n".join(share))
        shards.leave(shards.share(place), tmp_path / "parts", host)
    one, other = (watch(tmp_path / "normal.parquet", tmp_path / it) for it in ("whole", "parts"))
    assert one.findings.violations == other.findings.violations != ()
    assert one.unreadable == other.unreadable == 2
    assert documents.statistics(one.current) == documents.statistics(other.current)


def test_parts_in_which_nothing_could_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("{\nno\n")
    shards.leave(shards.share(tmp_path), tmp_path / "parts", "algo-1")
    with pytest.raises(TableError, match="none of 2 lines"):
        shards.gathered(tmp_path / "parts")
