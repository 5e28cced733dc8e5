"""What a deployed model leaves behind for the monitoring job, and the job's arguments and documents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from headrace.schema import format_timestamp
from headrace.usecase import UseCase
from pipelines.jobs import inference

Change = Callable[[pd.DataFrame], None]
DELAY_S = 7 * 86_400


def captured(model: inference.ServedModel, frame: pd.DataFrame, usecase: UseCase) -> list[dict[str, Any]]:
    """One line a row, as the endpoint that serves the model captures it."""
    lines = []
    for row in frame.replace({np.nan: None}).to_dict("records"):
        asked = json.dumps({"instances": [{name: row[name] for name in usecase.feature_names}]})
        answered, _ = inference.output_fn(
            inference.predict_fn(inference.input_fn(asked, "application/json"), model), ""
        )
        lines.append(
            {
                "captureData": {
                    "endpointInput": {"mode": "INPUT", "data": asked, "encoding": "JSON"},
                    "endpointOutput": {"mode": "OUTPUT", "data": answered, "encoding": "JSON"},
                },
                "eventMetadata": {
                    "eventId": "aws", "inferenceId": row["event_id"],
                    "inferenceTime": format_timestamp(int(row["timestamp"])),
                },
                "eventVersion": "0",
            }
        )  # fmt: skip
    return lines


def arguments(places: dict[str, Path], root: Path) -> list[str]:
    given = {**places, "output": root / "out", "metrics": root / "metrics", "reason-file": root / "message"}
    return [
        "--usecase",
        "fraud",
        "--stage",
        "test",
        *(it for name, at in given.items() for it in (f"--{name}", str(at))),
    ]


def documents(root: Path) -> dict[str, Any]:
    return {it.name: json.loads(it.read_text()) for it in (root / "out").glob("*.json")}
