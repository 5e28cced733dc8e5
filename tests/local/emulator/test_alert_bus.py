"""Alerts of the stream on the local bus: a rule on ours hears them, and nobody else's."""

import json
from concurrent.futures import ThreadPoolExecutor

from local_account import Account

from headrace.events import AlertRaised, PredictionMade
from lambdas.enrichment.bus import AlertBus

ABOUT = {
    "usecase": "fraud",
    "at": "2026-01-31T12:00:00Z",
    "happened_at": "2026-01-31T11:59:59Z",
    "entities": ("customer#c1", "terminal#t1"),
    "score": 0.93,
    "decision": "BLOCK",
    "model_version": "7",
}


def test_a_rule_hears_every_alert_of_its_stage_and_none_of_the_predictions(account: Account) -> None:
    stage, events = account.name("stage"), account.client("events")
    url, arn = account.queue()
    pattern = {"source": ["headrace"], "detail-type": ["Alert Raised"], "detail": {"Stage": [stage]}}
    events.put_rule(Name=stage, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=stage, Targets=[{"Id": "t", "Arn": arn}])
    alerts = [AlertRaised(stage=stage, event_id=f"e{number}", **ABOUT) for number in range(13)]
    others = [PredictionMade(stage=stage, event_id="p", **ABOUT), AlertRaised(stage="other", event_id="o", **ABOUT)]
    with ThreadPoolExecutor(2) as executor:
        assert AlertBus(events, executor=executor).announce([*alerts, *others]) == 0
    heard = account.messages(url, 13)
    assert sorted(it["detail"]["EventId"] for it in heard) == sorted(it.event_id for it in alerts)
    assert AlertRaised.from_detail(heard[0]["detail"]).entities == ("customer#c1", "terminal#t1")
