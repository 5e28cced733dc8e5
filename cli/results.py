"""What a run leaves behind for people and programs: a summary and a report."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from cli.plan import Plan
from cli.report import RunRecord, write_report
from cli.run_result import Result


def write_results(
    out: Path, plan: Plan, result: Result, summary: Mapping[str, object], *, mode: Literal["demo", "replay"]
) -> None:
    """Write summary.json and index.html into a folder, which is made if need be."""
    event, label = plan.usecase.event, plan.usecase.label
    truth = dict(zip(plan.events[event.id], plan.events[label.field], strict=True))
    out.mkdir(parents=True, exist_ok=True)
    (out / "summary.json").write_text(json.dumps(summary, indent=2) + "\n")
    record = RunRecord(
        usecase=plan.usecase,
        summary=summary,
        evaluation=result.evaluation,
        predictions=result.predictions.assign(label=result.predictions["event_id"].map(truth)),
        mode=mode,
    )
    write_report(out / "index.html", record)
