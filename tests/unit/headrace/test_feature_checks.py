"""A wrong window, expression or expectation fails when it is defined, naming the field and the fix."""

from dataclasses import replace

import pytest
from window_cases import bazaar, shop

from headrace.errors import UseCaseError
from headrace.usecase import Entity, Expectation, Expression, Field, UseCase, Window

COUNT = {"entity": "customer", "function": "count", "lengths": ("1d",)}
MEAN = Window(name="usual", entity="customer", function="mean", over="amount", lengths=("1d",))


def window(function: str, over: str | None = None, **changes: object) -> Window:
    return Window(
        **{"name": "w", "entity": "customer", "function": function, "over": over, "lengths": ("1d",)} | changes
    )


def expression(function: str, *against: str, **changes: object) -> Expression:
    return Expression(**{"name": "e", "function": function, "of": "amount", "against": against} | changes)


def with_expression(*against: str, of: str = "amount") -> UseCase:
    return bazaar(MEAN, expressions=(expression("ratio", *against, of=of),))


def expecting(*expectations: Expectation) -> UseCase:
    return replace(shop(MEAN), expectations=expectations)


def masked(name: str) -> UseCase:
    base = shop()
    fields = tuple(replace(it, privacy="remove") if it.name == name else it for it in base.event.fields)
    return replace(base, inputs=(), event=replace(base.event, fields=fields), windows=(window("last", name),))


WRONG = {
    # windows
    "ages of a field": (lambda: window("time_since_first", "tip"), "windows[w].over", "drop over="),
    "sessions of a field": (lambda: window("session_length", "tip"), "windows[w].over", "drop over="),
    "sessions in buckets longer than what ends one": (
        lambda: window("session_length", resolution="1h"),
        "windows[w].resolution",
        "use at most '1800s'",
    ),
    "the truth of a text": (lambda: bazaar(window("time_since_true", "seller")), "windows[w].over", "amount, gift"),
    "distinct nothings": (lambda: window("distinct"), "windows[w].over", "add over="),
    "a distinct count of labels": (
        lambda: window("distinct", "returned", source="labels"),
        "windows[w].function",
        "use one of count, max, mean, min, std, sum",
    ),
    "a filled distinct count": (lambda: window("distinct", "tip", fill=0), "windows[w].fill", "drop it"),
    "a filled novelty": (lambda: window("is_new", "tip", fill=0), "windows[w].fill", "drop it"),
    "a delayed window with the event": (
        lambda: window("count", delay="1d", current=True),
        "windows[w].current",
        "drop current=",
    ),
    "a novelty that sees itself": (
        lambda: window("is_new", "tip", current=True),
        "windows[w].current",
        "drop current=",
    ),
    "the last value of free text": (
        lambda: shop(window("last", "shop_id")),
        "windows[w].over",
        "use one of amount, hour, is_night, is_weekend, online, tip, weekday",
    ),
    "quantiles of text": (lambda: bazaar(window("p50", "channel")), "windows[w].over", "use one of amount, gift, hour"),
    "distinct ids": (lambda: shop(window("distinct", "event_id")), "windows[w].over", "use one of amount, customer_id"),
    "distinct times of events": (lambda: shop(window("distinct", "timestamp")), "windows[w].over", "use one of amount"),
    "what is masked": (lambda: masked("tip"), "windows[w].over", "privacy='clear'"),
    # inputs
    "an allowed text twice": (
        lambda: Field(name="a", type="string", allowed=("web", "app", "web")),
        "fields[a].allowed",
        "its own name",
    ),
    "an input of free text": (
        lambda: replace(bazaar(), inputs=("seller",)),
        "inputs[seller]",
        "use one of amount, channel, gift, items, online, tip",
    ),
    # expressions
    "an expression that is no name": (lambda: expression("ratio", "a", name="E"), "expressions[E]", "lower case"),
    "an unknown expression": (lambda: expression("product", "a"), "expressions[e].function", "use one of difference"),
    "a ratio of three": (lambda: expression("ratio", "a", "b"), "expressions[e].against", "name the denominator"),
    "half a score": (
        lambda: expression("zscore", "a"),
        "expressions[e].against",
        "name the mean and the standard deviation",
    ),
    "an infinite fill": (lambda: expression("ratio", "a", fill=float("nan")), "expressions[e].fill", "give a number"),
    "an expression of nothing known": (lambda: with_expression("usual_7d"), "expressions[e]", "usual_1d"),
    "an expression of a field": (
        lambda: with_expression("usual_1d", of="seller"),
        "expressions[e]",
        "use one of amount",
    ),
    "an expression of itself": (lambda: with_expression("e"), "expressions[e]", "use one of amount"),
    "an expression named like a window": (
        lambda: bazaar(MEAN, expressions=(expression("ratio", "usual_1d", name="usual_1d"),)),
        "features",
        "its own name",
    ),
    # expectations
    "an expectation of nothing": (lambda: Expectation(column="amount"), "expectations[amount]", "at least one bound"),
    "more than complete": (
        lambda: Expectation(column="amount", completeness=1.1),
        "expectations[amount].completeness",
        "give a share",
    ),
    "less than unique": (
        lambda: Expectation(column="amount", uniqueness=-0.1),
        "expectations[amount].uniqueness",
        "give a share",
    ),
    "bounds the wrong way round": (
        lambda: Expectation(column="amount", minimum=2, maximum=1),
        "expectations[amount].minimum",
        "swap them",
    ),
    "a mean the wrong way round": (
        lambda: Expectation(column="amount", mean=(2, 1)),
        "expectations[amount].mean",
        "swap them",
    ),
    "an endless mean": (
        lambda: Expectation(column="amount", mean=(1, float("inf"))),
        "expectations[amount].mean",
        "give a number",
    ),
    "an expectation of an unknown column": (
        lambda: expecting(Expectation(column="colour", completeness=1)),
        "expectations",
        "use one of amount",
    ),
    "an expectation twice": (
        lambda: expecting(*[Expectation(column="label", completeness=1)] * 2),
        "expectations",
        "its own name",
    ),
    # snapshots and version
    "a snapshot in words": (
        lambda: Entity(name="shop", key="shop_id", snapshot="daily"),
        "entities[shop].snapshot",
        "write a whole number",
    ),
    "a snapshot all the time": (
        lambda: Entity(name="shop", key="shop_id", snapshot="0s"),
        "entities[shop].snapshot",
        "at least '1s'",
    ),
    "a version below 1": (lambda: replace(shop(MEAN), version=0), "version", "count up from 1"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_feature_names_the_field_and_the_fix(what):
    define, where, fix = WRONG[what]
    with pytest.raises(UseCaseError) as caught:
        define()
    assert caught.value.where == where
    assert str(caught.value).startswith(f"{where}: ")
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("function", "over"),
    [
        ("distinct", "seller"),
        ("distinct", "due"),
        ("is_new", "gift"),
        ("is_new", "hour"),
        ("last", "channel"),
        ("last", "weekday"),
        ("p10", "items"),
        ("mean", "is_night"),
    ],
)
def test_a_window_may_look_at_fields_of_its_kind_and_at_the_calendar(function, over):
    assert bazaar(window(function, over)).feature_names[-1] == "w_1d"


def test_the_evaluated_event_counts_unless_the_window_is_delayed_or_looks_at_what_came_before():
    def current(function: str, over: str | None = None, **changes: object) -> bool:
        return window(function, over, **changes).features[0].current

    assert current("count") is current("distinct", "tip") is current("session_length") is True
    assert current("is_new", "tip") is current("last", "tip") is current("time_since_true", "tip") is False
    assert current("count", current=False) is current("count", delay="1s") is False


def test_expressions_are_the_last_features():
    usecase = with_expression("usual_1d")
    assert usecase.feature_names[-2:] == ("usual_1d", "e")
