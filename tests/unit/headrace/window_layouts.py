"""Random use cases with windows of every function, and histories of events for them."""

from hypothesis import strategies as st
from window_cases import bazaar

from headrace.usecase import Expression, UseCase, Window
from headrace.window_functions import FUNCTIONS

FIELDS = ("amount", "tip", "items", "gift", "hour", "is_weekend")
ANY_FIELDS = ("seller", "channel", "due", "shop_id", *FIELDS[:4])
CODED = ("channel", *FIELDS)
EXPRESSIONS = (
    Expression(name="above", function="difference", of="amount", against=("usual_60s",)),
    Expression(name="share", function="ratio", of="amount", against=("usual_60s",), fill=-1.0),
    Expression(name="spread", function="zscore", of="tip", against=("usual_60s", "deviation_60s")),
    Expression(name="odd", function="outside", of="amount", against=("low_60s", "high_60s"), fill=0.5),
)
OPERANDS = tuple(
    Window(name=name, entity="customer", function=function, over="amount", lengths=("60s",), current=False)
    for name, function in (("usual", "mean"), ("deviation", "std"), ("low", "p10"), ("high", "p90"))
)


@st.composite
def windows(draw, number: int) -> Window:
    """One window."""
    function = FUNCTIONS[draw(st.sampled_from(sorted(FUNCTIONS)))]
    over = {"values": ANY_FIELDS, "codes": CODED}.get(function.takes, FIELDS)
    delay = draw(st.sampled_from(["0s", "0s", "13s"]))
    may_look_back = delay == "0s" and not function.looks_back
    return Window(
        name=f"w{number}",
        entity=draw(st.sampled_from(["customer", "customer", "shop"])),
        function=function.name,
        over=None if function.takes == "nothing" else draw(st.sampled_from(over)),
        lengths=draw(st.sampled_from([("10s",), ("10s", "60s"), ("7s", "60s", "90s")])),
        resolution=draw(st.sampled_from(["1s", "1s", "7s"])),
        delay=delay,
        current=draw(st.sampled_from([None, True, False])) if may_look_back else None,
    )


@st.composite
def usecases(draw) -> UseCase:
    """The bazaar with up to eight windows and, sometimes, expressions of others."""
    drawn = tuple(draw(windows(number)) for number in range(draw(st.integers(1, 8))))
    expressed = draw(st.booleans())
    return bazaar(*drawn, *(OPERANDS if expressed else ()), expressions=EXPRESSIONS if expressed else ())


def histories(*, maximum: int = 14, until: int = 150) -> st.SearchStrategy[list[dict[str, object]]]:
    """Events with unique ids, in no order, crowded; numbers are quarters, so that sums and means are exact."""
    quarters = st.integers(-40, 40).map(lambda number: number / 4)
    event = st.fixed_dictionaries(
        {
            "event_id": st.text("ab01\u00e9", min_size=1, max_size=3),
            "timestamp": st.integers(1_000, 1_000 + until),
            "customer_id": st.sampled_from("ccd"),
            "shop_id": st.sampled_from("st"),
            "amount": quarters,
            "tip": st.none() | quarters,
            "online": st.booleans(),
            "seller": st.none() | st.sampled_from(["x", "y", "", "\u00e9"]),
            "channel": st.none() | st.sampled_from(["web", "app", "phone"]),
            "items": st.none() | st.integers(-3, 3),
            "gift": st.none() | st.booleans(),
            "due": st.none() | st.integers(0, 3),
        }
    )
    return st.lists(event, min_size=1, max_size=maximum, unique_by=lambda row: row["event_id"])
