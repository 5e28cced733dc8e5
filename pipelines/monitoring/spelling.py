"""Positions become the texts that they stand for: models are asked with positions, and baselines hold texts."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from headrace.usecase import UseCase
from pipelines.monitoring.batch import Batch

Texts = Mapping[str, Sequence[str]]
"""The texts of a column by their positions, for columns that are asked in positions."""


def texts_of(usecase: UseCase) -> Texts:
    """The inputs of a use case that models see as positions."""
    return {name: known for name in usecase.inputs if (known := usecase.event.field(name).allowed)}


def spelled(batch: Batch, texts: Texts) -> Batch:
    """A batch of captured rows with texts where there were positions; whatever is no position stays as it is."""
    coded = {name: known for name, known in texts.items() if name in batch.arrays}
    if not coded:
        return batch
    new = {name: [text_of(it, known) for it in batch.values(name)] for name, known in coded.items()}
    return replace(batch, arrays={**batch.arrays, **new})


def text_of(value: object, known: Sequence[str]) -> object:
    """The text at a position, or the value itself if it is none."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value not in range(len(known)):
        return value
    return known[int(value)]
