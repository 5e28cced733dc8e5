"""Window aggregates: the one implementation for stream, request and (with ``windows_columnar``) batch.

An entity's events and labels are folded into small packed states; a state of one source is written by one stream
shard, so readers combine several. Standard library only, because every Lambda carries it.

Semantics, in whole seconds. Buckets are ``floor(t / r)``. The value at (t, event id) covers the buckets whose start
lies in (t - d - W, t - d]. With delay d = 0 the bucket that holds t counts only events ordered at or before
(t, event id), the current one included; with d > 0 a bucket counts when its last second is at or before t - d.
With r = 1 s that is the rolling window (t - d - W, t - d].

Values are exact in whatever order events come, with three bounds that keep a state small. At a point older than the
newest 16 events, the bucket of that point counts whole. A point further back than retention (the longest window and
its delay, and 1/32 more) has lost its oldest buckets. A track of more than 4,096 buckets is coarsened, and flagged.
"""

from headrace.windows.codec import decode, encode, fingerprint_of
from headrace.windows.compiling import compile_layout
from headrace.windows.evaluation import evaluate
from headrace.windows.event_state import EventState
from headrace.windows.label_state import LabelState
from headrace.windows.layout import Layout, layout_of
from headrace.windows.merging import State, merge, new_state
from headrace.windows.upgrade import upgrade

__all__ = [
    "EventState",
    "LabelState",
    "Layout",
    "State",
    "compile_layout",
    "decode",
    "encode",
    "evaluate",
    "fingerprint_of",
    "layout_of",
    "merge",
    "new_state",
    "upgrade",
]
