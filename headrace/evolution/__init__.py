"""How the features of a use case may change once they are deployed.

A record, generated and committed beside the use case, says what was deployed. Features may be added at any time.
Removing or retyping one takes a higher ``UseCase.version``, which begins new feature groups. Who an entity is and what
a recorded field or the label means never changes, because stored state and lake are read on under the same names.
"""

from headrace.evolution.comparison import Evolution, Retyped, compare, require_recorded
from headrace.evolution.rebuilds import Gap, gaps
from headrace.evolution.record import Group, Record, RecordedFeature, record_of

__all__ = [
    "Evolution",
    "Gap",
    "Group",
    "Record",
    "RecordedFeature",
    "Retyped",
    "compare",
    "gaps",
    "record_of",
    "require_recorded",
]
