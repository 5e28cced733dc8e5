"""The columnar kernel (numpy, pandas): the window features of whole histories, equal to ``headrace.windows``.

It needs no buckets: a window over buckets is a range of the raw events whose bounds are aligned to the resolution.
"""

from headrace.windows_columnar.backfill import EntityState, entity_states
from headrace.windows_columnar.frame import training_frame

__all__ = ["EntityState", "entity_states", "training_frame"]
