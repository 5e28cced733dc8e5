"""Runs to report on, made from a seed, and the page that came of them, taken apart."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

import usecases
from cli.report import RunRecord
from headrace.decisions import decide
from pipelines.jobs.metrics import Ranking

FRAUD = usecases.load("fraud")
START = 1_773_705_600
VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})


def predictions(count: int = 3_000, seed: int = 7) -> pd.DataFrame:
    """Two days of scored events, 4 % of them fraud, every label known."""
    rng = np.random.default_rng(seed)
    label = (rng.random(count) < 0.04).astype(float)
    score = np.where(label == 1, rng.beta(2, 1, count), rng.beta(1, 40, count))
    return pd.DataFrame(
        {
            "event_id": [f"e{number}" for number in range(count)],
            "timestamp": START + np.sort(rng.integers(0, 2 * 86_400, count)),
            "score": score,
            "decision": [decide(float(one), FRAUD.decision.bands) for one in score],
            "model_version": "4",
            "latency_ms": rng.lognormal(3, 0.4, count),
            "label": label,
        }
    )


def summary(**changes: Any) -> dict[str, Any]:
    """The summary of a run in which everything went well."""
    return {
        "events_sent": 3_006,
        "events_in_lake": 3_000,
        "events_enriched": 2_999,
        "events_quarantined": 6,
        "events_dead_lettered": 1,
        "unaccounted": 0,
        "predictions": 2_999,
        "labels_sent": 1_873,
        "label_files": 0,
        "history_events": 449_441,
        "training_rows": 407_402,
        "model_package": "arn:aws:sagemaker:eu-west-1:000000000000:model-package/headrace-fraud-local/4",
        "endpoint_status": "InService",
        "events_per_s": 412.6,
        "api": {"calls": 35, "equal": 35, "p50_ms": 18.2, "p99_ms": 261.4},
        "phases_s": {"deploy": 14.8, "history": 21.4, "train": 84.6, "stream": 29.1},
        "rejected_examples": [
            {"field": "amount", "reason": "is required"},
            {"field": "", "reason": "is not JSON"},
            {"field": "amount", "reason": "is required"},
        ],
        **changes,
    }


def evaluation() -> dict[str, Any]:
    """The report of the evaluation job on rows like the predictions."""
    rows = predictions(seed=8)
    ranking = Ranking.of(rows["label"].to_numpy().astype(np.int8), rows["score"].to_numpy())
    counts = ranking.confusion(0.09)
    figures = {name: float(values[0]) for name, values in ranking.metrics(0.09).items()}
    return {
        "version": 0,
        "binary_classification_metrics": {
            "confusion_matrix": {"0": {"0": counts.tn, "1": counts.fp}, "1": {"0": counts.fn, "1": counts.tp}},
            **{name: {"value": value, "standard_deviation": 0.01} for name, value in figures.items()},
            **ranking.curves(),
        },
        "headrace": {"threshold": 0.09, "rows": len(rows)},
    }


def run(**changes: Any) -> RunRecord:
    """A run with some of its parts replaced."""
    parts = {"usecase": FRAUD, "summary": summary(), "predictions": predictions(), "evaluation": evaluation()}
    return RunRecord(**{**parts, **changes})


@dataclass
class Page(HTMLParser):
    """A page as a strict reader sees it: text, ids, references, attributes, and tags that do not match."""

    words: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    @classmethod
    def of(cls, html: str) -> "Page":
        """Parse a page to its end."""
        page = cls()
        page.feed(html)
        page.close()
        return page

    @property
    def text(self) -> str:
        """Everything that is to be read, with single spaces."""
        return " ".join(" ".join(self.words).replace("\xa0", " ").split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes(tag, attrs)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._attributes(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        self.faults += [f"{tag} has {name} twice" for name in set(names) if names.count(name) > 1]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.attributes += [(tag, name, value or "") for name, value in attrs]
