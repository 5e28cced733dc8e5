"""Wrong windows, features, labels and models, each with the place that its error names and the fix."""

from dataclasses import replace

from definition_parts import (
    ASK,
    COUNT,
    FRAUDULENT,
    LABEL,
    OK,
    SUM,
    changed,
    masked,
    masked_event,
    with_fields,
)
from window_cases import USECASE, shop

from headrace.usecase import (
    Decision,
    Field,
    Gate,
    Label,
    Model,
    Serving,
    Window,
)

WRONG = {
    # windows
    "a window that is no name": (lambda: Window(**COUNT, name="A"), "windows[A].name", "lower case"),
    "an unknown function": (
        lambda: Window(**COUNT | {"function": "median"}),
        "windows[customer_median].function",
        "use one of count",
    ),
    "an unknown source": (lambda: Window(**COUNT, source="x"), "windows[customer_count].source", "events, labels"),
    "a count of a field": (
        lambda: Window(**COUNT, over="amount"),
        "windows[customer_amount_count].over",
        "drop over=",
    ),
    "a sum of nothing": (lambda: Window(**COUNT | {"function": "sum"}), "windows[customer_sum].over", "add over="),
    "a filled count": (lambda: Window(**COUNT, fill=0.0), "windows[customer_count].fill", "drop it"),
    "a filled sum": (lambda: Window(**SUM, fill=0.0), "windows[customer_amount_sum].fill", "drop it"),
    "an infinite fill": (
        lambda: Window(**SUM | {"function": "mean", "fill": float("inf")}),
        "windows[customer_amount_mean].fill",
        "give a number",
    ),
    "no lengths": (lambda: Window(**COUNT | {"lengths": ()}), "windows[customer_count].lengths", "('1d',)"),
    "a length in words": (
        lambda: Window(**COUNT | {"lengths": ("a day",)}),
        "windows[customer_count].lengths",
        "write a whole number and one of s, m, h, d",
    ),
    "a length below the resolution": (
        lambda: Window(**COUNT | {"lengths": ("30s",)}, resolution="1m"),
        "windows[customer_count].lengths",
        "refine the resolution",
    ),
    "no resolution": (lambda: Window(**COUNT, resolution="0s"), "windows[customer_count].resolution", "'1s'"),
    "a wrong resolution": (lambda: Window(**COUNT, resolution="x"), "windows[customer_count].resolution", "write a"),
    "a negative delay": (lambda: Window(**COUNT, delay="-1d"), "windows[customer_count].delay", "write a whole"),
    "a window twice": (lambda: shop(Window(**COUNT), Window(**COUNT)), "windows", "its own name"),
    "an unknown entity": (
        lambda: shop(Window(**COUNT | {"entity": "planet"})),
        "windows[planet_count].entity",
        "use one of customer, shop",
    ),
    "a sum of text": (
        lambda: shop(Window(**SUM | {"over": "shop_id"})),
        "windows[customer_shop_id_sum].over",
        "use one of amount, hour, is_night, is_weekend, online, tip, weekday",
    ),
    "a sum of what is masked": (lambda: masked("tip", "remove"), "windows[tip_sum_r1s_d0s].over", "privacy='clear'"),
    "a label window over a field": (
        lambda: shop(Window(**FRAUDULENT | {"over": "amount"}, delay="7d")),
        "windows[customer_amount_mean].over",
        "use one of returned",
    ),
    "a label window that sees the future": (
        lambda: shop(Window(**FRAUDULENT, delay="19s")),
        "windows[customer_returned_mean].delay",
        "use at least '20s'",
    ),
    # features
    "an unknown input": (lambda: changed(inputs=("colour",)), "inputs[colour]", "use one of amount, online, tip"),
    "an input of text": (lambda: changed(inputs=("shop_id",)), "inputs[shop_id]", "use one of amount, online, tip"),
    "a masked input": (
        lambda: replace(shop(), inputs=("amount",), event=masked_event("amount")),
        "inputs[amount]",
        "leave it out",
    ),
    "an unknown part of the calendar": (lambda: changed(calendar=("month",)), "calendar", "hour, is_night"),
    "no features": (lambda: replace(shop(), inputs=(), calendar=()), "inputs", "name at least one feature"),
    "a feature twice": (lambda: changed(inputs=("amount", "amount")), "features", "its own name"),
    "a feature that is a field": (
        lambda: with_fields(Field(name=USECASE.window_features[0].name, type="string")),
        "features",
        "rename the window or the field",
    ),
    "the truth among the fields": (lambda: with_fields(Field(name="label", type="string")), "event.fields", "another"),
    "a part of the calendar among the fields": (
        lambda: with_fields(Field(name="weekday", type="integer")),
        "event.fields",
        "choose another name",
    ),
    "a label among the fields": (
        lambda: with_fields(Field(name="returned", type="boolean")),
        "label.field",
        "take it out of event.fields",
    ),
    # label, model, decision, serving
    "a label that is no name": (lambda: Label(**LABEL | {"field": "Fraud"}), "label.field", "lower case"),
    "a label's delay in words": (lambda: Label(**LABEL | {"delay": "soon"}), "label.delay", "write a whole number"),
    "a label without delay": (lambda: Label(**LABEL | {"delay": "0s"}), "label.delay", "at least '1s'"),
    "a miss that costs nothing": (lambda: Label(**LABEL | {"missed_cost": 0}), "label.missed_cost", "say what"),
    "an alarm that costs nothing": (
        lambda: Label(**LABEL | {"false_alarm_cost": float("nan")}),
        "label.false_alarm_cost",
        "say what",
    ),
    "an unknown metric": (lambda: Gate(metric="luck", minimum=0.1), "model.gates.metric", "auc"),
    "a metric above 1": (lambda: Gate(metric="auc", minimum=70), "model.gates[auc].minimum", "fractions"),
    "an unknown algorithm": (
        lambda: Model(algorithm="oracle", gates=(Gate(metric="auc", minimum=0),)),
        "model.algorithm",
        "use one of factorization_machine, isolation_forest, kmeans, linear, xgboost",
    ),
    "no gates": (Model, "model.gates", "add a Gate"),
    "a gate twice": (lambda: Model(gates=(Gate(metric="auc", minimum=0.5),) * 2), "model.gates", "its own name"),
    "no bands": (lambda: Decision(bands=(), fallback="OK"), "decision.bands", "add at least one"),
    "bands that start above 0": (lambda: Decision(bands=(ASK,), fallback="ASK"), "decision.bands", "from_score=0"),
    "bands out of order": (
        lambda: Decision(bands=(OK, ASK, replace(ASK, decision="NO")), fallback="OK"),
        "decision.bands",
        "sort by from_score",
    ),
    "a band above 1": (
        lambda: Decision(bands=(OK, replace(ASK, from_score=1.1)), fallback="OK"),
        "decision.bands",
        "sort by from_score",
    ),
    "a decision twice": (
        lambda: Decision(bands=(OK, replace(ASK, decision="OK")), fallback="OK"),
        "decision.bands",
        "its own name",
    ),
    "an unknown fallback": (lambda: Decision(bands=(OK,), fallback="NO"), "decision.fallback", "use one of OK"),
    "no instances": (lambda: Serving(min_instances=0), "serving.min_instances", "mend either"),
    "fewer instances than the least": (lambda: Serving(min_instances=5), "serving.min_instances", "mend either"),
    "no requests": (
        lambda: Serving(invocations_per_instance_minute=0),
        "serving.invocations_per_instance_minute",
        "say how many",
    ),
    "more than everything captured": (lambda: Serving(capture_percent=101), "serving.capture_percent", "percentage"),
    "an instance of EC2": (lambda: Serving(instance_type="m5.large"), "serving.instance_type", "'ml.m5.large'"),
    # the use case
    "a use case that is no name": (lambda: changed(name="My-Shop"), "name", "lower case"),
}
