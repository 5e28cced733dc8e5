"""What a package says its model was like, in Clarify's form: as an evaluation wrote it, or as Clarify itself did.

Packages of this project bring ``bias.json`` and ``explanation.json``; others may bring Clarify's ``analysis.json``,
whose values have no intervals and whose facets may be named by their values alone. Packages of before have evaluations.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from headrace.usecase import Facet
from pipelines.jobs.judging import clarify
from pipelines.monitoring.fairness import DOCUMENT
from pipelines.monitoring.quality import EVALUATION
from pipelines.monitoring.refusal import TableError

_BY_CLARIFY = "analysis.json"
_SECTIONS = ("pre_training_bias_metrics", "post_training_bias_metrics")


def biases(facets: Sequence[Facet], *folders: Path) -> list[dict[str, Any]]:
    """Facets of the first folder that tells of some: field, condition, metrics, intervals; none without such a folder.

    A value of which no interval is known is its own: now's whole interval must hold it.

    Args:
        facets: of the use case; Clarify's groups are known by them.
        folders: where ``bias.json`` or ``analysis.json`` may be.

    Raises:
        TableError: if a document is no JSON of that form.
    """
    for document in _documents(folders, DOCUMENT):
        ours = document.get("headrace", {}).get("facets")
        if found := list(ours) if ours is not None else list(_of_clarify(document, facets)):
            return found
    return []


def attributions(*folders: Path) -> dict[str, float]:
    """Mean absolute contributions by feature, of the first folder that tells of some; empty without such a folder.

    Args:
        folders: where ``explanation.json`` or ``analysis.json`` may be, or an ``evaluation.json``.

    Raises:
        TableError: if a document is no JSON of that form.
    """
    for document in _documents(folders, clarify.FILE):
        by_label = document.get("explanations", {}).get("kernel_shap", {})
        for it in by_label.values():
            if it.get("global_shap_values"):
                return {name: float(value) for name, value in it["global_shap_values"].items()}
    for document in _documents(folders, EVALUATION, otherwise=EVALUATION):
        explained = document.get("headrace", {}).get("explanation") or {"features": ()}
        if explained["features"]:
            return {it["feature"]: float(it["mean_absolute"]) for it in explained["features"]}
    return {}


def _documents(folders: Sequence[Path], name: str, otherwise: str = _BY_CLARIFY) -> Iterator[Mapping[str, Any]]:
    for folder in folders:
        path = next((folder / it for it in (name, otherwise) if (folder / it).is_file()), None)
        if path is None:
            continue
        try:
            document = json.loads(path.read_text())
        except ValueError as exc:
            raise TableError(f"{path.name} is no JSON: {exc}; register the model anew") from exc
        if not isinstance(document, dict):
            raise TableError(f"{path.name} is no object of JSON; register the model anew")
        yield document


def _of_clarify(document: Mapping[str, Any], facets: Sequence[Facet]) -> Iterator[dict[str, Any]]:
    """Its groups, each with the condition of the facet that means it."""
    groups: dict[tuple[str, str], dict[str, float]] = {}
    for section in _SECTIONS:
        for field, entries in document.get(section, {}).get("facets", {}).items():
            for entry in entries:
                condition = _condition(field, str(entry["value_or_threshold"]), facets)
                # Clarify writes what has no end as the text Infinity.
                metrics = {it["name"]: float(it["value"]) for it in entry["metrics"] if it["value"] is not None}
                groups.setdefault((field, condition), {}).update(metrics)
    for (field, condition), metrics in groups.items():
        points = {name: [value, value] for name, value in metrics.items()}
        yield {"field": field, "condition": condition, "metrics": metrics, "intervals": points}


def _condition(field: str, told: str, facets: Sequence[Facet]) -> str:
    """``female`` of a facet that means ``in (female)``; what no facet means stays as it was told."""
    for facet in facets:
        if facet.field == field and told in (facet.condition, ", ".join(map(str, facet.values))):
            return facet.condition
    return told
