"""Labels become known once, in the order of time, whichever way time is cut."""

import itertools
from pathlib import Path

import pandas as pd

import usecases
from cli.plan import Plan

DAY_S = 86_400
AT = 10 * DAY_S


def plan() -> Plan:
    moments = range(0, 20 * DAY_S, DAY_S // 2)
    frame = pd.DataFrame({"event_id": [f"e{i}" for i in moments], "timestamp": list(moments), "fraud": 0.0})
    frame.loc[3, "fraud"] = float("nan")
    past = frame["timestamp"] < AT
    return Plan(
        usecase=usecases.load("fraud"),
        history=frame[past],
        events=frame[~past],
        at=AT,
        label_delay_s=7 * DAY_S,
        out=Path("unused"),
    )


def test_history_knows_the_labels_older_than_the_delay() -> None:
    known = plan().labels_known(None, AT)
    assert known["timestamp"].max() < AT - 7 * DAY_S
    assert len(known) == 5
    assert (known["labelled_at"] == known["timestamp"] + 7 * DAY_S).all()


def test_every_label_is_handed_out_exactly_once() -> None:
    cuts = [AT, AT + 1, AT + DAY_S, AT + 5 * DAY_S + 17, AT + 30 * DAY_S]
    parts = [plan().labels_known(None, AT)]
    parts += [plan().labels_known(after, until) for after, until in itertools.pairwise(cuts)]
    handed = pd.concat(parts)["event_id"]
    assert not handed.duplicated().any()
    assert len(handed) == 39, "forty events, one without a label"
