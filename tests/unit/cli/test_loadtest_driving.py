"""Open-loop load: the timetable holds however slow the answers are, and latency counts from it."""

import threading
import time
from dataclasses import dataclass

import pytest

from cli.loadtest.caller import Reply
from cli.loadtest.driving import Shot, Timetable


@dataclass
class Slow:
    """A line on which one request, and none else, takes long."""

    number: int = -1
    takes_s: float = 0.0

    def ask(self, number: int) -> Reply:
        if number == self.number:
            time.sleep(self.takes_s)
        return Reply(200, {})

    def close(self) -> None:
        """Nothing to hang up."""


def drive(line: Slow, *, rps: float = 200, seconds: float = 0.1, callers: int = 8) -> list[Shot]:
    return Timetable(rps=rps, seconds=seconds, connect=lambda: line, callers=callers).run(lambda *_: None)


def test_every_request_of_the_timetable_is_sent_once_and_in_its_time() -> None:
    shots = drive(Slow())
    assert [shot.number for shot in shots] == list(range(20))
    assert [shot.due_s for shot in shots] == pytest.approx([number / 200 for number in range(20)])
    assert all(shot.sent_s >= shot.due_s for shot in shots)


def test_a_stall_is_seen_by_everybody_who_had_to_wait_for_it() -> None:
    shots = drive(Slow(number=2, takes_s=0.2), callers=1)
    waited = [shot.latency_ms for shot in shots[2:]]
    assert waited[0] >= 200
    assert min(waited) > 100, "requests due during the stall count from when they were due"
    assert waited == sorted(waited, reverse=True)


def test_the_load_goes_on_until_what_happens_meanwhile_is_over() -> None:
    over = threading.Event()
    timetable = Timetable(rps=100, seconds=0.02, connect=Slow, over=over.is_set, callers=4)
    threading.Timer(0.15, over.set).start()
    shots = timetable.run(lambda *_: None)
    assert len(shots) > 8
    assert timetable.elapsed_s >= 0.15


def test_an_interrupt_ends_the_callers() -> None:
    def interrupt(at: float, _done: int) -> None:
        if at > 0.02:
            raise KeyboardInterrupt

    timetable = Timetable(rps=50, seconds=3_600, connect=Slow, callers=3)
    with pytest.raises(KeyboardInterrupt):
        timetable.run(interrupt)
    sent = len(timetable.shots)
    time.sleep(0.1)
    assert len(timetable.shots) <= sent + 3
