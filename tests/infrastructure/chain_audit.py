"""What the stores say once the chain has come to rest: trainings, promotions, the lock, and whether all is recorded."""

import json
from collections.abc import Mapping
from typing import Any

from chain_world import Chain
from ministack.core.responses import request_scope
from ministack.services import dynamodb
from template_values import ACCOUNT, REGION

from headrace.reaction import Memory
from lambdas.drift_response.messages import read
from lambdas.drift_response.record import Record

Facts = Mapping[str, Any]


def facts(chain: Chain) -> Facts:
    """Everything that is promised, read from the stores."""
    items = _items(chain)
    decisions = {it["entry_id"]["S"]: it for it in items if it["subject"]["S"] == "decision"}
    records = {id_: Record.from_json(it["record"]["S"]) for id_, it in decisions.items()}
    (memory,) = [Memory.from_json(it["memory"]["S"]) for it in items if it["subject"]["S"] == "memory"]
    lines = {key.rpartition("/")[2]: body for key, body in chain.objects.items() if key.startswith("decisions/")}
    asked = [id_ for id_, it in records.items() if it.action == "retrain"]
    return {
        "trainings": len(chain.models.runs),
        "decisions": len(records),
        "asked": len(asked),
        "outcomes": [decisions[id_].get("outcome", {}).get("S", "") for id_ in asked],
        "returns": [
            decisions[id_].get("outcome", {}).get("S", "") for id_, it in records.items() if it.action == "roll_back"
        ],
        "claimed": sum(it["subject"]["S"] == "request" for it in items),
        "lock": [it["owner"]["S"] for it in items if it["subject"]["S"] == "lock"],
        "promotions": list(chain.models.updates.values()),
        "serves": chain.models.served,
        "approved": chain.models.approved(),
        "running": memory.running,
        "open": [id_ for id_, it in decisions.items() if it["open"]["BOOL"]],
        "undecided": sorted(_signals(chain) - records.keys()),
        "unheard": sorted(records.keys() - _signals(chain)),
        "unfiled": [id_ for id_, it in records.items() if lines.get(f"{id_}.json") != f"{it.to_json()}\n".encode()],
        "dead": chain.dead,
        "machine": sorted(set(chain.machine.statuses)),
        "said": sorted({(it["RequestId"] in asked, it["Outcome"]) for it in chain.machine.said}),
    }


def promised(chain: Chain, *, windows: int) -> Facts:
    """What ``facts`` has to be after one lasting drift: one training, one promotion, nothing left over."""
    first, second = chain.models.arn(1), chain.models.arn(2)
    return {
        "trainings": 1,
        "decisions": windows + 2,  # and the training's end, and the model in force
        "asked": 1,
        "outcomes": [f"succeeded {second}"],
        "returns": [],
        "claimed": 1,
        "lock": [],
        "promotions": [second],
        "serves": second,
        "approved": [first, second],
        "running": "",
        "open": [],
        "undecided": [],
        "unheard": [],
        "unfiled": [],
        "dead": [],
        "machine": ["SUCCEEDED"],
        "said": [(True, "succeeded")],
    }


def _items(chain: Chain) -> list[dict[str, Any]]:
    with request_scope(ACCOUNT, REGION):
        found: dict[str, Any] = json.loads(dynamodb._scan({"TableName": chain.machine.table})[2])
    return list(found["Items"])


def _signals(chain: Chain) -> set[str]:
    """The ids of everything that drift response was told and has to decide about."""
    found = (read(body, endpoint=chain.prefix, usecase="fraud", stage="local") for body in chain.heard)
    return {it.id for it in found if it is not None}
