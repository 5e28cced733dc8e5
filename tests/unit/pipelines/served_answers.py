"""What a model server must answer for an artifact, whichever server it is; each runs as a process of its own."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from job_runs import Trained

from pipelines.jobs import inference

JSON = "application/json"


def require_answers(program: str, trained: Trained, model_dir: Path, env: Mapping[str, str]) -> None:
    """Ask for a good and a bad request; the good one's answer is that of the artifact's own functions."""
    features = trained.about["features"]
    rows = pd.read_parquet(trained.splits / "test").head(5)[features]
    body = json.dumps({"instances": json.loads(rows.to_json(orient="records"))})
    good, bad = _serve(program, model_dir, [body, "no json"], env)
    assert (good["status"], good["content_type"]) == (200, JSON)
    model = inference.model_fn(str(trained.model))
    expected, _ = inference.output_fn(inference.predict_fn(inference.input_fn(body, JSON), model), JSON)
    assert json.loads(good["body"]) == json.loads(expected)
    assert bad["status"] == 500


def _serve(program: str, model_dir: Path, bodies: list[str], env: Mapping[str, str]) -> list[dict[str, Any]]:
    script = Path(__file__).with_name(program)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(model_dir)],
        input=json.dumps([{"content_type": JSON, "body": body} for body in bodies]),
        env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(model_dir), **env},
        cwd=model_dir,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    answers: list[dict[str, Any]] = json.loads(done.stdout.splitlines()[-1])
    return answers
