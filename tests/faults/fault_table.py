"""Every entry point that calls AWS, and the scenario under which each of its calls is made to fail.

A new function, or a setting that makes one call what it does not call otherwise, joins with one line here: a scenario
that drives it and returns what its stores hold afterwards, counted by logical copies. That must not depend on what
failed on the way.
"""

from collections.abc import Callable, Mapping
from typing import Any

from call_faults import inference, monitor_run, monitoring
from fault_injection import Injector
from inbox_faults import event_inbox, event_versions
from job_faults import training_set
from lookup_faults import answered, delivered, looked_up, lookup_inbox
from queue_faults import deployment, drift_response, label_inbox
from queued_faults import asynchronous
from right_scenarios import cut, frozen, versions
from setting_faults import adopted, alerted, grouped, many, model_only, reminded
from stream_faults import delivery_transform, enrichment, ground_truth

Scenario = Callable[[Injector], Mapping[str, Any]]

SCENARIOS: Mapping[str, Scenario] = {
    "delivery_transform": delivery_transform,
    "delivery_transform: look-ups": delivered,
    "deployment": deployment,
    "deployment: capture check": reminded,
    "deployment: frozen": frozen,
    "deployment: model only": model_only,
    "drift_response": drift_response,
    "drift_response: timed out": cut,
    "enrichment": enrichment,
    "enrichment: alerts": alerted,
    "enrichment: look-ups": looked_up,
    "event_inbox": event_inbox,
    "event_inbox: versions": event_versions,
    "ground_truth": ground_truth,
    "inference": inference,
    "inference: asynchronous": asynchronous,
    "inference: batch": many,
    "inference: look-ups": answered,
    "label_inbox": label_inbox,
    "label_inbox: versions": versions,
    "lookup_inbox": lookup_inbox,
    "monitor_run": monitor_run,
    "monitoring": monitoring,
    "monitoring: Model Monitor": adopted,
    "monitoring: bias": grouped,
    "training_set": training_set,
}
JOBS = frozenset({"training_set"})
"""Entry points that are no functions."""
PROMISES = {
    "delivery_transform": "every record delivered once or under `errors/`; hashed keys never in clear",
    "delivery_transform: look-ups": "each record with what is looked up of it, or under `errors/`",
    "deployment": "the stack names what serves, one update per approval, every end told and noted",
    "deployment: capture check": "it looks again later, or the dead letter says why not",
    "deployment: frozen": "nothing is rolled out, the package is held back with the reason",
    "deployment: model only": "as above, where there is a model and no endpoint",
    "drift_response: timed out": "the lock is free, one record, everything told",
    "enrichment: look-ups": "state and vectors with what was looked up",
    "enrichment: alerts": "state byte for byte, every event that was blocked told of at least once",
    "inference: asynchronous": "one request, one ticket, its answer",
    "inference: batch": "a decision or a declared fallback for each, nothing written",
    "inference: look-ups": "a decision; a score without what cannot be looked up says so",
    "lookup_inbox": "every reading in its item and in `lookups/`, wrong lines in quarantine, one receipt per file",
    "label_inbox: versions": "that version's labels on the stream, one receipt",
    "monitoring: Model Monitor": "every document that SageMaker's monitors compare with, where they look",
    "monitoring: bias": "one plan per window, the events that tell groups apart in it",
    "drift_response": "one closed record per signal, memory as without faults, everything told",
    "enrichment": "state byte for byte, one vector per sequence number, rejects in quarantine",
    "event_inbox": "every event on the stream, each repetition counted, wrong rows in quarantine, a receipt per file",
    "event_inbox: versions": "that version's events on the stream, one receipt",
    "ground_truth": "state byte for byte, every label in `labels/` and `ground-truth/`, rejects in quarantine",
    "inference": "a decision or a declared fallback, nothing written",
    "label_inbox": "every label on the stream, wrong lines in quarantine, one receipt per file",
    "monitor_run": "every document of the window, the violations last, and none twice",
    "monitoring": "one plan per window, the same job for every copy of a request",
    "training_set": "the manifest names only files that are there; the end is the same byte for byte",
}
