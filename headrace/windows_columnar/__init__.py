"""The columnar kernel (numpy, pandas): the window features of whole histories, equal to ``headrace.windows``.

It needs no buckets: a window over buckets is a range of the raw events whose bounds are aligned to the resolution.
``training_frame`` does it all in one call. Where entities are grouped elsewhere (Spark), ``without_duplicates``, then
``per_entity_features`` per group, then ``assembled`` come to the same; ``labelled`` joins the target.
"""

from headrace.windows_columnar.backfill import EntityState, entity_states
from headrace.windows_columnar.frame import assembled, per_entity_features, training_frame
from headrace.windows_columnar.tables import without_duplicates
from headrace.windows_columnar.truth import labelled

__all__ = [
    "EntityState",
    "assembled",
    "entity_states",
    "labelled",
    "per_entity_features",
    "training_frame",
    "without_duplicates",
]
