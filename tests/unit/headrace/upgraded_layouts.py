"""Two layouts of one entity, and a state that goes from one to the other."""

from dataclasses import replace

from hypothesis import strategies as st
from window_cases import shop

from headrace.features import FeatureSet
from headrace.usecase import UseCase, Window
from headrace.windows import (
    Layout,
    State,
    decode,
    encode,
    layout_of,
)

LAST = {"timestamp": 1_160, "event_id": "\U0010ffff"}
FUNCTIONS = (
    "count",
    "sum",
    "mean",
    "min",
    "max",
    "std",
    "p50",
    "distinct",
    "last",
    "time_since_last",
    "time_since_first",
    "time_since_true",
    "session_length",
)
WITHOUT_FIELD = ("count", "time_since_last", "time_since_first", "session_length")


def window(function: str, over: str, **changes: object) -> Window:
    field = None if function in WITHOUT_FIELD else over
    name = "_".join([over, function, *map(str, changes.values())])
    return Window(
        **{"name": name, "entity": "customer", "function": function, "over": field, "lengths": ("60s",)} | changes
    )


def returned(length: str) -> Window:
    return Window(entity="customer", function="mean", over="returned", source="labels", lengths=(length,), delay="20s")


def features(*windows: Window, newest: int = 3, base: UseCase | None = None) -> FeatureSet:
    usecase = shop(*windows) if base is None else replace(base, windows=windows)
    return FeatureSet(usecase, newest=newest)


def layout(*windows: Window, newest: int = 3) -> Layout:
    return features(*windows, newest=newest).layout("customer", "events")


def folded(state: State, history: list[dict]) -> State:
    for row in history:
        state.fold(timestamp=row["timestamp"], event_id=row["event_id"], values=row)
    return state


def through_the_store(state: State) -> State:
    """Packed, and unpacked by code that knows the layout from its description only."""
    return decode(encode(state), layout_of(state.layout.description))


OLD = (
    *(window(function, "amount") for function in FUNCTIONS),
    *(window(function, "tip") for function in FUNCTIONS if function not in WITHOUT_FIELD),
    *(window(function, "amount", resolution="10s") for function in ("sum", "std", "distinct", "p90", "min")),
    window("mean", "tip", delay="15s"),
)


@st.composite
def another(draw) -> tuple[Window, ...]:
    """The windows of another version: some of the old ones in another order, and some new ones."""
    kept = draw(st.lists(st.sampled_from(OLD), min_size=1, unique_by=lambda it: it.name))
    new = draw(
        st.lists(
            st.builds(
                window,
                st.sampled_from(FUNCTIONS),
                st.sampled_from(["amount", "tip", "online"]),
                resolution=st.sampled_from(["1s", "10s", "7s"]),
                delay=st.sampled_from(["0s", "30s"]),
            ).filter(lambda it: not (it.over == "online" and it.function == "last")),
            unique_by=lambda it: it.name,
        )
    )
    longer = tuple(
        replace(it, name=f"{it.name}_long", lengths=("90s",))
        for it in draw(st.lists(st.sampled_from(kept), max_size=2, unique_by=lambda it: it.name))
    )
    return (*draw(st.permutations([*kept, *new])), *longer)
