"""The kind of endpoint is one setting, and what it forbids is refused at import, naming the field and the fix."""

from dataclasses import replace
from typing import get_args

import pytest
from window_cases import USECASE

from headrace.errors import UseCaseError
from headrace.usecase import (
    KINDS,
    Asynchronous,
    Batch,
    Field,
    Kind,
    MultiModel,
    OffHours,
    Scaling,
    Serverless,
    Serving,
    Step,
)

TENANT = MultiModel(tenant="shop_id")
MB = 1024 * 1024
FORBIDDEN = {
    "an unknown kind": (lambda: Serving(kind="edge"), "kind", "use one of asynchronous, batch"),
    # what a kind cannot do
    "captured serverless": (lambda: Serving(kind="serverless", capture_percent=10), "capture_percent", "drop it"),
    "captured async": (lambda: Serving(kind="asynchronous", capture_percent=1), "capture_percent", "drop it"),
    "captured batch": (lambda: Serving(kind="batch", capture_percent=100), "capture_percent", "drop it"),
    "captured tenants": (
        lambda: Serving(kind="multi_model", multi_model=TENANT, capture_percent=100),
        "capture_percent",
        "drop it",
    ),
    "serverless in a VPC": (lambda: Serving(kind="serverless", vpc=True), "vpc", "kind='realtime'"),
    "serverless instances": (lambda: Serving(kind="serverless", min_instances=2), "min_instances", "provisioned"),
    "a real-time fleet of none": (lambda: Serving(min_instances=0), "min_instances", "asynchronous"),
    "a batch of none": (lambda: Serving(kind="batch", min_instances=0), "min_instances", "asynchronous"),
    "a stream scored later": (lambda: Serving(kind="asynchronous", score_stream=True), "score_stream", "'realtime'"),
    "a stream scored monthly": (lambda: Serving(kind="batch", score_stream=True), "score_stream", "'realtime'"),
    "a stream of many models": (
        lambda: Serving(kind="multi_model", multi_model=TENANT, score_stream=True),
        "score_stream",
        "'realtime'",
    ),
    # settings of another kind
    "memory of instances": (lambda: Serving(serverless=Serverless()), "serverless", "kind='serverless'"),
    "a queue in real time": (lambda: Serving(asynchronous=Asynchronous()), "asynchronous", "kind='asynchronous'"),
    "a schedule in real time": (lambda: Serving(batch=Batch()), "batch", "kind='batch'"),
    "tenants of one model": (lambda: Serving(multi_model=TENANT), "multi_model", "kind='multi_model'"),
    "many models of nobody": (lambda: Serving(kind="multi_model"), "multi_model", "MultiModel(tenant='...')"),
    # sizes
    "half a gigabyte": (lambda: Serverless(memory_mb=512), "serverless.memory_mb", "1024, 2048"),
    "a gigabyte and a half": (lambda: Serverless(memory_mb=1536), "serverless.memory_mb", "5120, 6144"),
    "seven gigabytes": (lambda: Serverless(memory_mb=7168), "serverless.memory_mb", "5120, 6144"),
    "endless concurrency": (lambda: Serverless(max_concurrency=201), "serverless.max_concurrency", "realtime"),
    "more warm than there is": (
        lambda: Serverless(max_concurrency=2, provisioned=3),
        "serverless.provisioned",
        "raise max_concurrency",
    ),
    "warm from nothing": (lambda: Serverless(most_provisioned=2), "serverless.most_provisioned", "give provisioned"),
    "no use": (
        lambda: Serverless(utilization_percent=0),
        "serverless.utilization_percent",
        "percentage",
    ),
    "no requests at once": (
        lambda: Asynchronous(concurrent_per_instance=0),
        "asynchronous.concurrent_per_instance",
        "processors",
    ),
    "batches beyond the payload": (lambda: Batch(payload_mb=101), "batch.payload_mb", "lower either"),
    "batches together beyond it": (lambda: Batch(payload_mb=30, concurrent=4), "batch.payload_mb", "lower either"),
    "batches on nothing": (lambda: Batch(instances=0), "batch.instances", "1, or more"),
    "batches one by none": (lambda: Batch(concurrent=0), "batch.concurrent", "1, or more"),
    "a schedule of five fields": (lambda: Batch(schedule="cron(0 2 1 * *)"), "batch.schedule", "six fields"),
    # scaling
    "a fleet that is none": (lambda: Serving(kind="serverless", scaling=Scaling()), "scaling", "most_provisioned"),
    "a backlog in real time": (lambda: Serving(scaling=Scaling(follow="backlog")), "scaling.follow", "'cpu'"),
    "a queue by requests": (
        lambda: Serving(kind="asynchronous", scaling=Scaling()),
        "scaling.follow",
        "use 'backlog'",
    ),
    "a queue in steps": (
        lambda: Serving(
            kind="asynchronous", scaling=Scaling(follow="backlog", steps=(Step(from_invocations=1, add=1),))
        ),
        "scaling.steps",
        "drop it",
    ),
    "nights without instances": (
        lambda: Serving(scaling=Scaling(off_hours=OffHours(instances=0))),
        "scaling.off_hours.instances",
        "give 1",
    ),
}
PROFILES = {
    "an unknown figure": (lambda: Scaling(follow="moon"), "scaling.follow", "use one of backlog, cpu"),
    "no load": (lambda: Scaling(cpu_percent=0), "scaling.cpu_percent", "percentage"),
    "no waiting": (lambda: Scaling(backlog_per_instance=0), "scaling.backlog_per_instance", "may wait"),
    "time before now": (lambda: Scaling(out_s=-1), "scaling.out_s", "seconds"),
    "steps downwards": (
        lambda: Scaling(steps=(Step(from_invocations=9, add=1), Step(from_invocations=8, add=2))),
        "scaling.steps",
        "sort by",
    ),
    "a step of nothing": (lambda: Step(from_invocations=1, add=0), "scaling.steps", "above 0"),
    "a step from nothing": (lambda: Step(from_invocations=0, add=1), "scaling.steps", "above 0"),
    "a night without end": (lambda: OffHours(start="rate(1 day)", end="rate(1 day)"), "scaling.off_hours.end", "day"),
    "a night that is a word": (lambda: OffHours(start="23:00"), "scaling.off_hours.start", "six fields"),
    "a negative night": (lambda: OffHours(instances=-1), "scaling.off_hours.instances", "give 1"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_a_kind_forbids_is_refused_with_the_way_out(what):
    define, where, fix = FORBIDDEN[what]
    with pytest.raises(UseCaseError) as caught:
        define()
    assert caught.value.where == f"serving.{where}"
    assert fix in str(caught.value)


@pytest.mark.parametrize("what", PROFILES)
def test_a_wrong_scaling_profile_is_refused_with_the_way_out(what):
    define, where, fix = PROFILES[what]
    with pytest.raises(UseCaseError) as caught:
        define()
    assert caught.value.where == where
    assert fix in str(caught.value)


def test_one_setting_makes_each_kind():
    made = {kind: Serving(kind=kind, multi_model=TENANT if kind == "multi_model" else None) for kind in get_args(Kind)}
    assert {kind: it.sampled_percent for kind, it in made.items()} == {
        "realtime": 100,
        "serverless": 0,
        "asynchronous": 0,
        "batch": 0,
        "multi_model": 0,
    }
    assert {kind for kind, it in made.items() if it.can.answers} == {"realtime", "serverless", "multi_model"}
    assert made["asynchronous"].profile.follow == "backlog"
    assert made["serverless"].on_demand == Serverless()
    assert made["batch"].scheduled == Batch()
    assert made["asynchronous"].queued == Asynchronous()
    assert made["multi_model"].tenant == "shop_id"


def test_the_limits_are_those_that_aws_names():
    limits = {kind: (it.payload_bytes // MB, it.answer_s) for kind, it in KINDS.items()}
    assert limits == {
        "realtime": (6, 60),
        "serverless": (4, 60),
        "asynchronous": (1_024, 3_600),
        "batch": (100, 3_600),
        "multi_model": (6, 60),
    }
    assert {kind for kind, it in KINDS.items() if it.variants} == {"realtime"}
    assert {kind for kind, it in KINDS.items() if not it.guardrails} == {"serverless", "batch"}


def test_an_asynchronous_fleet_may_rest():
    serving = Serving(
        kind="asynchronous",
        min_instances=0,
        scaling=Scaling(follow="backlog", off_hours=OffHours(instances=0)),
    )
    assert serving.min_instances == 0


@pytest.mark.parametrize(("tenant", "fix"), [("nobody", "use one of"), ("amount", "use one of")])
def test_a_tenant_is_a_text_of_the_event(tenant, fix):
    serving = Serving(kind="multi_model", multi_model=MultiModel(tenant=tenant))
    with pytest.raises(UseCaseError, match=r"serving\.multi_model\.tenant") as caught:
        replace(USECASE, serving=serving)
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("field", "fix"),
    [
        (Field(name="tenant", type="string", required=False), "make the field required"),
        (Field(name="tenant", type="string", privacy="hash"), "set privacy='clear'"),
    ],
)
def test_a_tenant_is_always_known(field, fix):
    event = replace(USECASE.event, fields=(*USECASE.event.fields, field))
    serving = Serving(kind="multi_model", multi_model=MultiModel(tenant="tenant"))
    with pytest.raises(UseCaseError, match=r"serving\.multi_model\.tenant") as caught:
        replace(USECASE, event=event, serving=serving)
    assert fix in str(caught.value)
