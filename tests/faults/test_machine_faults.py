"""A task of any state machine fails, once or for good: nothing is done twice, and who waits for its end is told."""

import pytest
import tally
from deployments import Deployed
from endpoint_machines import EndpointCourse
from machine_scenarios import COURSES, Course, Facts
from played_machine import KINDS, TaskFault

pytestmark = [pytest.mark.trust, pytest.mark.timeout(900)]
TELLING = ("Publish", "Tell", "Tell of failure")
"""Tasks that tell; when they never work, nobody is told but by the alarm on failed executions."""


def wrong(found: Facts, calm: Facts, *, telling: bool, once: bool = False) -> str:
    """What is wrong after a fault, or ''. Without it ``calm`` would hold; a steadfast machine bears one."""
    same = found["ends"] == calm["ends"]
    checks = {
        "it holds back the next one": found["locked"] or found["ends"][1] != calm["ends"][1],
        "something was done twice": found["pipelines"] > calm["pipelines"]
        or len({*found["approved"]}) != len(found["approved"]),
        "a job that nobody asked for": {*found["jobs"]} - {*calm["jobs"]},
        "it says that it did what it did not": same
        and found["ends"][0] == "SUCCEEDED"
        and found["approved"] != calm["approved"],
        "it failed and told nobody": not (same or found["told"] or telling),
        "it left something half done": found.get("half"),
        "one failure changed the outcome": once and "steadfast" in calm and found != calm,
    }
    return next((what for what, holds in checks.items() if holds), "")


def survived(course: Course | EndpointCourse, deployed: Deployed, fault: TaskFault, calm: Facts) -> str:
    """Go a course under a fault. Returns what is wrong afterwards, or ''."""
    played, found = course.walk(deployed(course.deployment), fault=fault)
    assert played.struck, f"{fault} never struck"
    return wrong(found, calm, telling=fault.state in TELLING, once=not fault.lasting)


@pytest.mark.parametrize("lasting", [False, True], ids=["once", "for good"])
@pytest.mark.parametrize("name", COURSES)
def test_a_task_that_fails_is_done_again_or_told_of_and_holds_back_nobody(
    name: str, lasting: bool, deployed: Deployed
) -> None:
    left = []
    for course in COURSES[name]:
        walked, calm = course.walk(deployed(course.deployment))
        assert not calm.get("half")
        states = list(dict.fromkeys(walked.first))
        tally.tasks[name] += 0 if lasting else len(states)
        for fault in (TaskFault(state, kind, lasting=lasting) for state in states for kind in KINDS):
            found = survived(course, deployed, fault, calm)
            tally.struck[name, fault.kind] += 1
            tally.held[name, fault.kind] += not found
            left += [(fault, found)] if found else []
    assert not left


def test_a_lock_that_nobody_gives_back_is_noticed(deployed: Deployed) -> None:
    course = COURSES["retraining/Machine"][0]
    calm = course.walk(deployed(course.deployment))[1]
    assert wrong({**calm, "locked": ["somebody"]}, calm, telling=False)
    assert wrong({**calm, "ends": ["FAILED", "SUCCEEDED"], "told": []}, calm, telling=False)
    assert wrong({**calm, "half": ["serves what is rejected"]}, calm, telling=False)
