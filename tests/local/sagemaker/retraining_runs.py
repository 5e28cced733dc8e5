"""What tests of the retraining pipeline share: a training set that can be learned, and the definition with its code."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from memory_platform import BUCKET, ROLE, MemoryPlatform

from headrace.usecase import UseCase
from pipelines.retraining import sources
from pipelines.retraining.definition import definition
from pipelines.retraining.plan import CodeLocations

ROOT = Path(__file__).parents[3]
DAY = 86_400
ROWS = 4_000
RISK = "terminal_fraud_rate_7d"


def training_rows(usecase: UseCase, *, rows: int = ROWS, seed: int = 5) -> pd.DataFrame:
    """Rows of a hundred days in which a high amount at a risky terminal tends to be fraud; neither tells it alone."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "event_id": [f"e{number:05d}" for number in range(rows)],
            "timestamp": 1_522_540_800 + rng.integers(0, 100 * DAY, rows),
            "customer_id": rng.integers(0, 50, rows).astype(str),
            "terminal_id": rng.integers(0, 80, rows).astype(str),
        }
    )
    for name in usecase.feature_names:
        frame[name] = rng.random(rows)
    frame["amount"] = rng.gamma(2, 50, rows)
    risk = frame["amount"] / 80 + 3 * frame[RISK]
    frame["label"] = (risk + rng.normal(0, 0.3, rows) > np.quantile(risk, 0.9)).astype("int8")
    return frame


def quick(usecase: UseCase, **changes: Any) -> UseCase:
    """The use case with few rounds, and changes to its model."""
    rounds = {**usecase.model.hyperparameters, "num_round": 30}
    return replace(usecase, model=replace(usecase.model, **{"hyperparameters": rounds, **changes}))


def stored(platform: MemoryPlatform, frame: pd.DataFrame, run: str) -> dict[str, str]:
    """The parameters of an execution on rows that are put in the bucket."""
    sink = io.BytesIO()
    frame.to_parquet(sink)
    place = platform.s3.put(f"training/{run}/part-0.parquet", sink.getvalue()).rpartition("/")[0]
    return {"InputData": place, "DataVersion": run}


def with_facet(root: Path, facet: str) -> Path:
    """A checkout whose fraud use case has a facet."""
    return with_model(root, f"facets=({facet},)")


def with_model(root: Path, changes: str) -> Path:
    """A checkout whose fraud use case has another model; jobs read the use case from the code, as anywhere."""
    for name in ("headrace", "pipelines"):
        (root / name).symlink_to(ROOT / name)
    (root / "usecases").mkdir()
    for name in ("__init__.py", "fraud.py"):
        (root / "usecases" / name).write_text((ROOT / "usecases" / name).read_text())
    with (root / "usecases" / "fraud.py").open("a") as file:
        file.write(
            "\nimport dataclasses\nfrom headrace.usecase import Cluster, Facet\n"
            f"_model = dataclasses.replace(usecase.model, {changes})\n"
            "usecase = dataclasses.replace(usecase, model=_model)\n"
        )
    return root


def rendered(
    usecase: UseCase, platform: MemoryPlatform, folder: Path, *, root: Path | None = None, **changes: Any
) -> str:
    """The pipeline's definition, with its code in the bucket."""
    files = sources.build(usecase, folder, root=root or ROOT)
    code = {
        name: platform.s3.put(f"code/{folder.name}/{path.name}", path.read_bytes())
        for name, path in vars(files).items()
    }
    given: dict[str, Any] = {
        "usecase": usecase,
        "name": "headrace-fraud-local-training",
        "region": "eu-west-1",
        "bucket": BUCKET,
        "role_arn": ROLE,
        "kms_key_arn": "arn:aws:kms:eu-west-1:000000000000:key/00000000-0000-0000-0000-000000000000",
        "model_package_group": "headrace-fraud-local",
        "code": CodeLocations(**code),
    }
    return json.dumps(definition(**{**given, **changes}))
