"""Preprocess on a frame of the tests: its reason when it refuses."""

from pathlib import Path

import pandas as pd
from job_runs import write_training_set

from pipelines.jobs import preprocess


def run(frame: pd.DataFrame, folder: Path, *options: str) -> str:
    """Run the job on a frame; its reason for failing, empty if it ended well."""
    data, reason = write_training_set(frame, folder / "in"), folder / "message"
    places = ["--input", str(data), "--output", str(folder / "out"), "--reason-file", str(reason)]
    code = preprocess.main(["--usecase", "fraud", *places, *options])
    assert (code == 1) == reason.is_file()
    return reason.read_text() if code else ""
