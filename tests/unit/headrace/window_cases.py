"""Use cases that exercise every window function at several resolutions and delays."""

from dataclasses import replace

from headrace.usecase import (
    Band,
    Decision,
    Entity,
    Event,
    Expression,
    Field,
    Gate,
    Label,
    Model,
    UseCase,
    Window,
)


def shop(*windows: Window) -> UseCase:
    """A small use case: customers buy, sometimes leave a tip, and sometimes the purchase turns out returned."""
    return UseCase(
        name="shop",
        description="Purchases",
        event=Event(
            fields=(
                Field(name="event_id", type="string", max_length=64),
                Field(name="timestamp", type="timestamp"),
                Field(name="customer_id", type="string", max_length=16),
                Field(name="shop_id", type="string", max_length=16),
                Field(name="amount", type="number", minimum=-1e9, maximum=1e9),
                Field(name="tip", type="number", required=False),
                Field(name="online", type="boolean"),
            )
        ),
        entities=(Entity(name="customer", key="customer_id"), Entity(name="shop", key="shop_id")),
        inputs=("amount", "tip", "online"),
        calendar=("hour", "weekday"),
        windows=windows,
        label=Label(field="returned", delay="20s", missed_cost=5, false_alarm_cost=1),
        model=Model(gates=(Gate(metric="auc", minimum=0.5),)),
        decision=Decision(
            bands=(Band(decision="SHIP", from_score=0), Band(decision="ASK", from_score=0.5)), fallback="ASK"
        ),
    )


def every_window(resolution: str, delay: str) -> tuple[Window, ...]:
    """Every function over both fields, for two lengths."""
    name = f"r{resolution}_d{delay}"
    lengths = ("10s", "60s")
    over = [
        Window(
            name=f"{field}_{function}_{name}",
            entity="customer",
            function=function,
            over=field,
            lengths=lengths,
            resolution=resolution,
            delay=delay,
            fill=0.5 if field == "amount" and function == "mean" else None,
        )
        for field in ("amount", "tip")
        for function in ("sum", "mean", "min", "max", "std")
    ]
    count = Window(
        name=f"count_{name}", entity="customer", function="count", lengths=lengths, resolution=resolution, delay=delay
    )
    return (count, *over)


def label_windows(resolution: str, delay: str) -> tuple[Window, ...]:
    """Rates, sums and counts of labels."""
    return tuple(
        Window(
            name=f"returned_{entity}_{function}_r{resolution}_d{delay}",
            entity=entity,
            function=function,
            over=None if function == "count" else "returned",
            source="labels",
            lengths=("10s", "60s"),
            resolution=resolution,
            delay=delay,
        )
        for entity in ("customer", "shop")
        for function in ("count", "sum", "mean", "max", "std")
    )


USECASE = shop(
    *every_window("1s", "0s"),
    *every_window("10s", "0s"),
    *every_window("1s", "15s"),
    *every_window("7s", "25s"),
    *label_windows("1s", "20s"),
    *label_windows("10s", "45s"),
)
"""Windows of several resolutions, delayed and not, over events and labels."""


def bazaar(*windows: Window, expressions: tuple[Expression, ...] = ()) -> UseCase:
    """The shop with a field of every other type, each of which may be absent."""
    base = shop()
    fields = (
        Field(name="seller", type="string", required=False),
        Field(name="channel", type="string", required=False, allowed=("web", "app", "phone")),
        Field(name="items", type="integer", required=False),
        Field(name="gift", type="boolean", required=False),
        Field(name="due", type="timestamp", required=False),
    )
    return replace(
        base,
        event=replace(base.event, fields=(*base.event.fields, *fields)),
        inputs=(*base.inputs, "channel", "items"),
        windows=windows,
        expressions=expressions,
    )
