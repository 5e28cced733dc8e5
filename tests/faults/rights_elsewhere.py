"""Which rights of other deployments were taken away and missed, and which nobody needs.

A right counts by its shape: role, action, conditions and resource, without the names that tell one use case from
another. What a setting changes is driven under that setting, and only that counts for its role; any other role of it
does what it does under fraud's. A use case that is deployed as it is does what fraud and the settings do.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import rights_ledger
from call_faults import monitoring
from deployments import ALL, OTHERS, SETTINGS
from fault_injection import Injector
from lookup_faults import answered_whole, delivered_whole, looked_up, lookup_inbox, versions
from machine_scenarios import COURSES
from queue_faults import drift_response
from queued_faults import asynchronous, waiting
from right_scenarios import NAMES, Driven, answers, blocked, cut, frozen, judged
from role_grants import ACCOUNT, REGION, Role, Roles
from setting_faults import adopted, grouped, model_only, receipted
from stream_faults import delivery_transform, enrichment
from taken_away import Walk, missed

LEDGER = Path(__file__).with_name("driven_elsewhere.json")
counts: dict[str, list[int]] = {}
"""By deployment, in this run: rights granted, missed, used by AWS itself, superfluous."""
found: dict[str, dict[str, list[str]]] = {}
"""By deployment and role, in this run: the shapes of what was missed."""
_SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:ingestion-MaskKey"
_ASYNCHRONOUS = {**NAMES, "LAKE_BUCKET": "lake"}
DRIVEN: Mapping[str, Mapping[str, tuple[Driven, ...]]] = {
    "batch": {"serving/Deployment": (model_only, frozen)},
    "asynchronous": {"serving/Inference": (asynchronous, waiting)},
    "Model Monitor": {"monitoring/Monitoring": (adopted, judged, monitoring)},
    "bias": {"monitoring/Monitoring": (grouped, judged, monitoring)},
    "private": {"ingestion/DeliveryTransform": (delivery_transform,)},
    "look-ups": {
        "lookups/LookupInbox": (lookup_inbox, versions),
        "features/Enrichment": (looked_up, enrichment, blocked),
        "ingestion/DeliveryTransform": (delivered_whole,),
        "serving/Inference": (answered_whole, answers),
    },
    "learning": {"retraining/DriftResponse": (drift_response, cut, receipted)},
}
"""What drives the functions that a setting changes; the machines have their courses."""


def shape(text: str, prefix: str) -> str:
    """A right without what only tells one use case, one entity or one version of the code from another."""
    return re.sub(r"feature-group/\S+", "feature-group/*", text.replace(prefix, "headrace"))


def shapes(texts: list[str] | set[str], prefix: str) -> set[str]:
    """Of several."""
    return {shape(it, prefix) for it in texts}


def _environment(role: str) -> dict[str, str]:
    known = {"ingestion/DeliveryTransform": {"MASK_KEY_SECRET_ARN": _SECRET}, "serving/Inference": _ASYNCHRONOUS}
    return dict(known.get(role, NAMES))


def walks(deployment: str, role: str, roles: Roles) -> Iterator[Walk]:
    """What is done under a role because of a setting."""
    for driven in DRIVEN.get(deployment, {}).get(role, ()):
        yield lambda guard, driven=driven: driven(Injector(guard=guard, environment=_environment(role)))
    for course in COURSES.get(role, ()):
        if course.deployment == deployment:
            yield lambda guard, course=course: course.walk(roles, guard=guard)[1]


def noticed(deployment: str, role: Role, roles: Roles) -> set[str]:
    """The shapes of what a role was seen to miss in a deployment, or does as it does elsewhere."""
    own = {grant for walk in walks(deployment, role.name, roles) for grant in missed(role, walk)}
    if own:
        texts = shapes(set(map(str, own)), roles.prefix)
        found.setdefault(deployment, {})[role.name] = sorted(texts)
        return texts
    usual = shapes(set(rights_ledger.kept().get(role.name, [])), "headrace-fraud-dev")
    if deployment in OTHERS:
        elsewhere = {**kept(), **found}
        usual |= {text for name in SETTINGS for text in elsewhere.get(name, {}).get(role.name, [])}
    return usual


def judge(deployment: str, roles: Roles) -> list[str]:
    """Every right of a deployment that nobody needs; what was found is counted."""
    granted = went = used = 0
    left: list[str] = []
    for role in roles.all.values():
        needed, carried = noticed(deployment, role, roles), rights_ledger.carried(roles, role)
        mine = {it for it in role.grants if shape(str(it), roles.prefix) in needed}
        granted, went, used = granted + len(role.grants), went + len(mine), used + len(carried - mine)
        left += sorted(f"{role.name}: {it}" for it in role.grants - mine - carried)
    counts[deployment] = [granted, went, used, len(left)]
    return left


def kept() -> Mapping[str, Mapping[str, list[str]]]:
    """What earlier runs have missed, by deployment and role."""
    known: Mapping[str, Mapping[str, list[str]]] = json.loads(LEDGER.read_text()) if LEDGER.exists() else {}
    return known


def write() -> None:
    """Keep what this run has missed."""
    LEDGER.write_text(json.dumps({**kept(), **found}, indent=1, sort_keys=True) + "\n")


def rows() -> list[str]:
    """A row per deployment."""
    lines = [
        "| deployment | rights granted | taken away and missed | used by AWS itself | superfluous |",
        "|---|---:|---:|---:|---:|",
    ]
    lines += [f"| {ALL[name].says} | {' | '.join(map(str, counts[name]))} |" for name in ALL if name in counts]
    return lines
