"""Other deployments than that of fraud as it is: settings that bring functions, machines or rights of their own.

Each is fraud with one setting changed, so that names stay those of the scenarios. The use cases themselves come after
them, as they are.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest
import surrounded
from role_grants import Roles

import app as composition
import usecases
from headrace.events.kinds import Kind
from headrace.usecase import (
    Api,
    Between,
    Cluster,
    Compliance,
    Compute,
    Facet,
    Field,
    Monitor,
    Serving,
    Trial,
    Tuning,
    UsagePlan,
    UseCase,
)
from stacks.application import Application

DEFAULT = "fraud"
_NETWORK = {"subnets": "subnet-0000001a,subnet-0000002b", "security_groups": "sg-0000003c"}
_FRAUD = usecases.load(DEFAULT)
_ALL_KINDS: tuple[Kind, ...] = ("data_quality", "model_quality", "bias", "attribution")
_GROUPS = (Facet(field="amount", below=2.0),)
_TUNING = Tuning(ranges={"max_depth": Between(3, 10)})


@dataclass(frozen=True)
class Deployment:
    """A use case as it is deployed; ``says``: what is different, in words for docs/trust.md."""

    usecase: UseCase
    says: str

    def synthesize(self, folder: Path) -> Roles:
        """Its templates at the stage ``dev``, as roles."""
        private = self.usecase.serving.vpc or self.usecase.compliance.demands.private
        context = {"usecase": self.usecase.name, "stage": "dev", **(_NETWORK if private else {})}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(usecases, "load", lambda _: self.usecase)
            app = Application(context=context, outdir=str(folder), linted=False)
            composition.build(app)
        app.synth()
        return Roles(folder, app.target.prefix)


def _served(serving: Serving, says: str) -> Deployment:
    return Deployment(replace(_FRAUD, serving=serving, alerts=None), says)


def _private() -> UseCase:
    hashed = Field(name="card_number", type="string", privacy="hash")
    event = replace(_FRAUD.event, fields=(*_FRAUD.event.fields, hashed))
    compliance = Compliance(profiles=("hipaa",), subject="customer_id")
    return replace(_FRAUD, event=event, compliance=compliance)


def _watched(monitor: Monitor, *facets: Facet) -> UseCase:
    return replace(_FRAUD, monitor=monitor, model=replace(_FRAUD.model, facets=facets))


def _learning() -> UseCase:
    model = replace(_FRAUD.model, tuning=_TUNING, cluster=Cluster(instances=4))
    return replace(_FRAUD, model=model, reaction=replace(_FRAUD.reaction, new_labels=1_000, on_code_change=True))


def _looking_up() -> UseCase:
    return replace(surrounded.USECASE, inputs=_FRAUD.inputs)


_REST = Api(kind="rest", auth="api_key", plans=(UsagePlan(name="audit", rate_per_s=1, burst=1),), trace_share=0.1)
_UNTRACED = Api(auth="jwt", issuer="https://issuer.example", audience=("client",), trace_share=0)
SETTINGS: Mapping[str, Deployment] = {
    "batch": _served(usecases.load("churn").serving, "scored in batch, as churn is"),
    "asynchronous": _served(Serving(kind="asynchronous"), "an asynchronous endpoint"),
    "serverless": _served(Serving(kind="serverless"), "a serverless endpoint"),
    "trial": _served(Serving(trial=Trial()), "staged rollouts"),
    "A/B": _served(Serving(trial=Trial(steps=(10,))), "A/B tests"),
    "shadow": _served(Serving(trial=Trial(steps=(), shadow=50)), "shadow tests"),
    "no capture": _served(Serving(capture_percent=0, vpc=True), "nothing captured, the model in a VPC"),
    "Model Monitor": Deployment(
        _watched(Monitor(engine="model_monitor", kinds=_ALL_KINDS), *_GROUPS), "SageMaker's own monitors"
    ),
    "bias": Deployment(
        _watched(Monitor(kinds=_ALL_KINDS), Facet(field="customer_id", values=("c1",))), "bias by a field of events"
    ),
    "runs in a function": Deployment(
        _watched(Monitor(compute=Compute(runs_on="lambda"))), "monitors that only run in a function"
    ),
    "private": Deployment(_private(), "the profile `hipaa`, in a VPC, with a hashed field"),
    "REST": Deployment(replace(_FRAUD, api=_REST), "a REST API with keys behind a firewall"),
    "untraced": Deployment(replace(_FRAUD, api=_UNTRACED), "tokens instead of signatures, nothing traced"),
    "look-ups": Deployment(_looking_up(), "fields that are looked up"),
    "learning": Deployment(_learning(), "searches, several machines, trainings by new labels and new code"),
}
"""Fraud, with one setting or one group of settings changed."""
OTHERS: Mapping[str, Deployment] = {
    name: Deployment(usecases.load(name), f"the use case `{name}`") for name in usecases.names() if name != DEFAULT
}
ALL: Mapping[str, Deployment] = {DEFAULT: Deployment(_FRAUD, "as it is"), **SETTINGS, **OTHERS}
Deployed = Callable[[str], Roles]


def synthesizing(base: Path) -> Deployed:
    """What gives the roles of a deployment by its name, each synthesized once."""

    @cache
    def deployed(name: str) -> Roles:
        return ALL[name].synthesize(base / name.replace("/", "").replace(" ", "-"))

    return deployed
