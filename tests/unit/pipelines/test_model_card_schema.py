"""The model card against the schema that SageMaker's SDK has of it."""

import json
from typing import Any

from job_runs import Trained
from pydantic import BaseModel
from sagemaker.core.shapes.model_card_shapes import ModelCardContent


def known(value: Any, model: BaseModel, where: str = "card") -> None:
    """Require that a schema's model has kept every key of a document: an unknown one is dropped in silence."""
    kept = model.model_dump(exclude_none=True, mode="json")
    assert compact(value) == compact(kept), where


def compact(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: compact(it) for key, it in sorted(value.items())}
    if isinstance(value, list):
        return [compact(it) for it in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def test_the_card_has_no_key_that_the_schema_of_model_cards_does_not_know(trained: Trained) -> None:
    card = json.loads((trained.root / "evaluation" / "model_card.json").read_text())
    function = card["training_details"]["objective_function"]
    assert function == {"function": "Maximize", "facet": "Other"}
    known(card, ModelCardContent.model_validate(card))
