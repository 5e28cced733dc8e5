"""What a monitoring run loads: learning libraries take seconds to import, and a Lambda has room for numpy only."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from job_runs import ROOT

from headrace.drift import documents, summarize
from headrace.ground_truth import truth_line
from headrace.schema import LabelRecord, format_timestamp

UNNEEDED = ("xgboost", "sklearn", "scipy", "pandas", "pyarrow", "shap", "boto3")
RUN = """
import sys
from pipelines.jobs import monitor
code = monitor.main(sys.argv[1:])
print("loaded:", *sorted({name.partition(".")[0] for name in sys.modules}))
raise SystemExit(code)
"""
BEGIN_S, HOUR_S = 1_533_081_600, 3_600
END = "2018-09-01T00:00:00Z"


def line(place: int) -> str:
    """A captured call of one row."""
    asked = {"instances": [{"amount": float(place % 50)}]}
    answered = {"predictions": [{"score": place % 50 / 50}]}
    sides = {"endpointInput": asked, "endpointOutput": answered}
    return json.dumps(
        {
            "captureData": {name: {"data": json.dumps(it), "encoding": "JSON"} for name, it in sides.items()},
            "eventMetadata": {"inferenceId": f"e{place}", "inferenceTime": format_timestamp(BEGIN_S + place)},
            "eventVersion": "0",
        }
    )


@pytest.mark.parametrize("kind", ["data_quality", "model_quality"])
def test_a_run_that_asks_no_model_loads_nothing_but_numpy(kind: str, tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("capture", "truth", "baseline", "evaluation", "model")}
    for folder in folders.values():
        folder.mkdir()
    (folders["capture"] / "part.jsonl").write_text("\n".join(line(place) for place in range(400)))
    labels = [LabelRecord(f"e{at}", BEGIN_S + at, {}, int(at % 50 > 40), BEGIN_S + HOUR_S) for at in range(400)]
    truth = [json.dumps(truth_line(it.event_id, it)) for it in labels]
    (folders["truth"] / "part.jsonl").write_text("\n".join(truth))
    normal = summarize({"amount": np.arange(400.0) % 50})
    (folders["baseline"] / documents.STATISTICS).write_text(json.dumps(documents.statistics(normal)))
    places = [text for name, folder in folders.items() for text in (f"--{name}", str(folder))]
    outputs = ["--output", str(tmp_path / "out"), "--metrics", str(tmp_path), "--reason-file", str(tmp_path / "why")]

    ran = subprocess.run(
        [sys.executable, "-c", RUN, "--usecase", "fraud", "--kind", kind, "--window-end", END, *places, *outputs],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stderr
    assert json.loads((tmp_path / "out" / "run.json").read_text())["rows"] == 400
    assert not set(UNNEEDED) & set(ran.stdout.split("loaded:")[1].split())
