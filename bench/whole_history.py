"""The usual way to a training set: read all events and labels of the lake, compute every feature, write one file."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

import usecases
from headrace.windows_columnar import labelled, training_frame


def main(argv: Sequence[str]) -> int:
    """Compute the training set of a lake in a folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--usecase", required=True)
    parser.add_argument("--lake", required=True, type=Path)
    given = parser.parse_args(argv)
    usecase = usecases.load(given.usecase)
    events = pd.read_parquet(given.lake / "events", columns=[field.name for field in usecase.event.fields])
    labels = pd.concat(pd.read_json(path, lines=True) for path in sorted((given.lake / "labels").rglob("*.jsonl")))
    for name in ("timestamp", "labelled_at"):
        labels[name] = pd.to_datetime(labels[name]).dt.as_unit("s").astype("int64")
    frame = training_frame(usecase, events, labels)
    labelled(usecase, frame, labels, known_until=int(labels["labelled_at"].max())).to_parquet(
        given.lake / "whole.parquet"
    )
    return 0
