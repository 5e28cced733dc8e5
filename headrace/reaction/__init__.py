"""Reacting to drift: findings are weighed, decisions are made, and both follow from nothing but their inputs."""

from headrace.reaction.approval import Package
from headrace.reaction.decision import ACTIONS, PAGES, Action, Decision, Moment
from headrace.reaction.finding import Finding, finding
from headrace.reaction.memory import Deployed, Memory, Request, Window
from headrace.reaction.news import (
    SETTLING_S,
    Alarm,
    on_alarm,
    on_deployed,
    on_finished,
    on_labels,
    on_package,
    on_refused,
    on_rolled_back,
    resumed,
)
from headrace.reaction.pace import too_soon
from headrace.reaction.response import on_finding
from headrace.reaction.severity import Weighed, weigh

__all__ = [
    "ACTIONS",
    "PAGES",
    "SETTLING_S",
    "Action",
    "Alarm",
    "Decision",
    "Deployed",
    "Finding",
    "Memory",
    "Moment",
    "Package",
    "Request",
    "Weighed",
    "Window",
    "finding",
    "on_alarm",
    "on_deployed",
    "on_finding",
    "on_finished",
    "on_labels",
    "on_package",
    "on_refused",
    "on_rolled_back",
    "resumed",
    "too_soon",
    "weigh",
]
