"""Window aggregates: the one implementation for stream, request and (with ``windows_columnar``) batch.

An entity's events and labels are folded into small packed states; a state of one source is written by one stream
shard, so readers combine several. Standard library only, because every Lambda carries it.

Semantics, in whole seconds. Buckets are ``floor(t / r)``. The value at (t, event id) covers the buckets whose start
lies in (t - d - W, t - d]. With delay d = 0 the bucket that holds t counts only events ordered at or before
(t, event id), the current one included, or, where the window says ``current=False``, only events before it; with d > 0
a bucket counts when its last second is at or before t - d. With r = 1 s that is the rolling window (t - d - W, t - d].
A label counts from its event's time in the same way, but not before it was given.

Counts, extremes, last values, ages and sessions are exact in whatever order events come, sums rounded once per bucket
and once in all, distinct values exact up to 256 and quantiles within 1 % (see ``sketches``); with four bounds that keep
a state small:

- At a point older than the newest 16 events (64 where copies are dropped), what came before it within its bucket is
  forgotten: the bucket counts whole, and not at all in a window with ``current=False``.
- A point further back than retention (the longest window and its delay, and 1/32 more) has lost its oldest buckets.
  The event at the point itself counts nevertheless.
- A track of more than 4,096 buckets, or a state of more than 32,768 numbers, is coarsened, and flagged.
- Of more than 16,384 labels the oldest are dropped, and the state is flagged.

Copies of one event are events of their own; those among the newest are told from it, and excluded with it, by their id.
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
