"""Churn: once a month, score every customer, so that people can be called before they leave.

Nobody waits for an answer, so there is no endpoint: a schedule scores everything in the lake's folder ``batch/`` on the
first day of the month, joined with its input. Events are weekly summaries of what a customer did; windows turn them
into habits, and the truth is whether the customer has left 30 days later.
"""

from headrace.usecase import (
    Band,
    Batch,
    Decision,
    Entity,
    Event,
    Expectation,
    Expression,
    Field,
    Gate,
    Label,
    Model,
    Serving,
    Transform,
    UseCase,
    Window,
)

PLANS = ("basic", "family", "premium")

usecase = UseCase(
    name="churn",
    description="Customers who leave within 30 days, scored once a month",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="customer_id", type="string", max_length=64),
            Field(name="plan", type="string", allowed=PLANS),
            Field(name="price", type="number", minimum=0, maximum=10_000),
            Field(name="months_with_us", type="integer", minimum=0, maximum=1_200),
            Field(name="hours_used", type="number", minimum=0, maximum=168),
            Field(name="complaints", type="integer", minimum=0, maximum=1_000),
            Field(name="late_payments", type="integer", minimum=0, maximum=1_000),
        ),
    ),
    entities=(Entity(name="customer", key="customer_id", snapshot="30d"),),
    inputs=("plan", "price", "months_with_us", "hours_used", "complaints", "late_payments"),
    calendar=(),
    windows=(
        Window(entity="customer", function="mean", over="hours_used", lengths=("30d", "90d"), resolution="1h"),
        Window(entity="customer", function="sum", over="complaints", lengths=("30d", "90d"), resolution="1h"),
        Window(entity="customer", function="sum", over="late_payments", lengths=("90d",), resolution="1h"),
    ),
    expressions=(
        # Somebody who uses it less than they used to is on the way out.
        Expression(
            name="use_to_habit", function="ratio", of="hours_used", against=("customer_hours_used_mean_90d",), fill=1.0
        ),
        Expression(
            name="month_to_habit",
            function="ratio",
            of="customer_hours_used_mean_30d",
            against=("customer_hours_used_mean_90d",),
            fill=1.0,
        ),
    ),
    label=Label(field="churned", delay="30d", missed_cost=200, false_alarm_cost=15),
    model=Model(
        hyperparameters={
            "max_depth": 4,
            "eta": 0.08,
            "num_round": 300,
            "min_child_weight": 10,
            "subsample": 0.8,
            "seed": 7,
        },
        transforms=(Transform(function="one_hot", of=("plan",)),),
        gates=(Gate(metric="average_precision", minimum=0.2), Gate(metric="auc", minimum=0.7)),
    ),
    decision=Decision(
        bands=(
            Band(decision="STAYS", from_score=0),
            Band(decision="OFFER", from_score=0.15),
            Band(decision="CALL", from_score=0.4),
        ),
        fallback="STAYS",
    ),
    serving=Serving(kind="batch", instance_type="ml.m5.xlarge", batch=Batch(schedule="cron(0 2 1 * ? *)", instances=2)),
    expectations=(
        Expectation(column="event_id", uniqueness=0.99),
        Expectation(column="hours_used", completeness=1.0, minimum=0, maximum=168),
    ),
)
