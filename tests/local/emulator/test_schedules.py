"""Schedules on a clock that may jump: each occurrence is fired once, with the time it was meant for."""

import time
from datetime import UTC, datetime
from typing import Any

from local_account import Account

from local.emulator.schedules import MOST_AT_ONCE, due, told

HOUR = 3_600.0


def schedule(account: Account, expression: str, *, role: str | None = None) -> tuple[str, str]:
    """A schedule that sends its time to a queue; the queue's URL and the schedule's name."""
    url, arn = account.queue()
    name = account.name("schedule")
    account.client("scheduler").create_schedule(
        Name=name,
        ScheduleExpression=expression,
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": arn,
            "RoleArn": role or account.role(),
            "Input": '{"time": "<aws.scheduler.scheduled-time>", "by": "<aws.scheduler.schedule-arn>"}',
        },
    )
    return url, name


def received(account: Account, url: str, count: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    until = time.monotonic() + 5
    while len(found) < count and time.monotonic() < until:
        found += account.messages(url)
    return found


def test_a_jump_over_three_days_fires_each_days_run_with_its_own_time(account: Account) -> None:
    url, name = schedule(account, "cron(0 1 * * ? *)")
    account.loop.advance(3 * 24 * HOUR)
    found = sorted(received(account, url, 3), key=lambda it: it["time"])
    assert len(found) == 3
    days = {datetime.fromisoformat(it["time"]).astimezone(UTC).strftime("%H:%M:%S") for it in found}
    assert days == {"01:00:00"}
    assert len({it["time"] for it in found}) == 3
    assert all(it["by"].endswith(name) for it in found)


def test_the_loop_is_not_idle_while_a_run_is_due(account: Account) -> None:
    url, _ = schedule(account, "cron(0 1 * * ? *)")
    for day in range(1, 4):
        account.loop.advance(24 * HOUR)
        account.loop.wait_idle()
        queue = account.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        assert int(queue["ApproximateNumberOfMessages"]) == day


def test_a_schedule_whose_role_may_not_reach_its_target_is_not_delivered(account: Account) -> None:
    url, _ = schedule(account, "rate(1 hour)", role=account.role([]))
    account.loop.advance(HOUR + 1)
    time.sleep(0.8)
    assert "Messages" not in account.client("sqs").receive_message(QueueUrl=url)


def test_after_a_long_jump_only_the_newest_occurrences_are_fired() -> None:
    found = due(lambda moment: moment + 60, 0.0, 60.0 * (MOST_AT_ONCE + 50))
    assert len(found) == MOST_AT_ONCE
    assert found[-1] == 60.0 * (MOST_AT_ONCE + 50)


def test_nothing_is_due_before_its_time_or_without_an_occurrence() -> None:
    assert due(lambda moment: moment + 60, 0.0, 59.0) == []
    assert due(lambda _: None, 0.0, 1e9) == []


def test_context_attributes_are_filled_in_and_other_text_is_left_alone() -> None:
    text = told('{"t": "<aws.scheduler.scheduled-time>", "x": "<y>"}', schedule_arn="arn", at=0.0)
    assert text == '{"t": "1970-01-01T00:00:00Z", "x": "<y>"}'
