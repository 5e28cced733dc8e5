"""A stack that holds the API of a use case and one function."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import usecases
from headrace.usecase import Api, UsagePlan
from stacks.application import Application

PLANS = (
    UsagePlan(name="check_out", rate_per_s=100, burst=50, per_day=1_000_000),
    UsagePlan(name="audit", rate_per_s=1, burst=1),
)
Resources = dict[str, dict[str, Any]]


def application(api: Api, folder: Path) -> Application:
    """An app of the fraud use case with this API."""
    usecase = replace(usecases.load("fraud"), api=api)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(usecases, "load", lambda _: usecase)
        return Application(context={"usecase": "fraud", "stage": "prod"}, outdir=str(folder / "assembly"))


def of(resources: Resources, type_: str) -> list[dict[str, Any]]:
    return [it["Properties"] for it in resources.values() if it["Type"] == type_]


def one(resources: Resources, type_: str) -> dict[str, Any]:
    (found,) = of(resources, type_)
    return found
