"""Use cases at random: every window function over every type of field, lengths, resolutions, delays, expressions."""

from hypothesis import strategies as st

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
    WindowFeature,
)

CHANNELS = ("web", "app", "till")
FIELDS = (
    Field(name="event_id", type="string", max_length=64),
    Field(name="timestamp", type="timestamp"),
    Field(name="customer_id", type="string", max_length=16),
    Field(name="shop_id", type="string", max_length=16),
    Field(name="amount", type="number", minimum=0, maximum=1e6),
    Field(name="tip", type="number", required=False),
    Field(name="items", type="integer", required=False),
    Field(name="online", type="boolean", required=False),
    Field(name="city", type="string", required=False),
    Field(name="channel", type="string", allowed=CHANNELS),
    Field(name="due", type="timestamp", required=False),
)
NUMBERS = ("amount", "tip", "items", "online", "hour", "weekday")
FUNCTIONS = ("sum", "mean", "min", "max", "std", "p10", "p50", "p90", "time_since_true")
LABELS = ("count", "sum", "mean", "min", "max", "std")
LOOKING_BACK = ("is_new", "last", "time_since_last", "time_since_true")
SPANS = {"1s": ("1s", "5s", "30s", "2m"), "5s": ("5s", "30s", "2m"), "60s": ("60s", "5m")}
"""The lengths that go with each resolution."""


@st.composite
def windows(draw: st.DrawFn, index: int) -> Window:
    """One window."""
    source = draw(st.sampled_from(["events", "events", "events", "labels"]))
    resolution = draw(st.sampled_from(["1s", "1s", "5s", "60s"]))
    lengths = draw(st.lists(st.sampled_from(SPANS[resolution]), min_size=1, max_size=2, unique=True))
    placed = {
        "name": f"w{index}",
        "entity": draw(st.sampled_from(["customer", "shop"])),
        "lengths": tuple(lengths),
        "resolution": resolution,
    }
    if source == "labels":
        function = draw(st.sampled_from(LABELS))
        over = None if function == "count" else "returned"
        delay = draw(st.sampled_from(["20s", "33s"]))
        return Window(**placed, function=function, over=over, source="labels", delay=delay)
    kind = draw(st.sampled_from(["number", "number", "bare", "any", "last"]))
    function, over = draw(_FUNCTIONS_OF[kind])
    delay = draw(st.sampled_from(["0s", "0s", "0s", "7s"]))
    plain = delay == "0s" and function not in LOOKING_BACK
    fill = draw(st.sampled_from([None, 0.5])) if kind == "number" and function != "sum" else None
    current = draw(st.sampled_from([None, False])) if plain else None
    return Window(**placed, function=function, over=over, delay=delay, fill=fill, current=current)


_FUNCTIONS_OF = {
    "number": st.tuples(st.sampled_from(FUNCTIONS), st.sampled_from(NUMBERS)),
    "bare": st.tuples(st.sampled_from(["count", "time_since_last", "time_since_first", "session_length"]), st.none()),
    "any": st.tuples(
        st.sampled_from(["distinct", "is_new"]),
        st.sampled_from(["tip", "items", "online", "city", "channel", "due", "customer_id", "shop_id", "hour"]),
    ),
    "last": st.tuples(st.just("last"), st.sampled_from([*NUMBERS, "channel"])),
}


@st.composite
def expressions(draw: st.DrawFn, index: int, names: list[str]) -> Expression:
    """One expression of any features."""
    function = draw(st.sampled_from(["difference", "ratio", "zscore", "outside"]))
    count = 1 if function in ("difference", "ratio") else 2
    of, *against = (draw(st.sampled_from(names)) for _ in range(count + 1))
    fill = draw(st.sampled_from([None, -1.0]))
    return Expression(name=f"x{index}", function=function, of=of, against=tuple(against), fill=fill)


@st.composite
def use_cases(draw: st.DrawFn) -> UseCase:
    """A whole use case. The primary entity always keeps events, as it must where duplicates are dropped."""
    first = Window(name="events", entity="customer", function="count", lengths=("30s",))
    drawn = [draw(windows(index)) for index in range(draw(st.integers(1, 9)))]
    inputs = ("amount", "tip", "online", "channel")
    features = [it.name for window in drawn for it in window.features]
    names = [*inputs, "hour", *features]
    return UseCase(
        name="shop",
        description="Purchases",
        event=Event(fields=FIELDS, drop_duplicates=draw(st.booleans())),
        entities=(Entity(name="customer", key="customer_id"), Entity(name="shop", key="shop_id")),
        inputs=inputs,
        calendar=("hour", "is_night"),
        windows=(first, *drawn),
        label=Label(field="returned", delay="20s", missed_cost=5, false_alarm_cost=1),
        model=Model(gates=(Gate(metric="auc", minimum=0.5),)),
        decision=Decision(bands=(Band(decision="SHIP", from_score=0),), fallback="SHIP"),
        expressions=tuple(draw(expressions(index, names)) for index in range(draw(st.integers(0, 3)))),
    )


def reach_s(features: list[WindowFeature]) -> int:
    """How far back the longest of these windows begins, in seconds."""
    return max((it.length_s + it.delay_s for it in features), default=0)
