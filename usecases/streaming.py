"""A video service in many countries: will this viewer give up the title that they have just begun?

Each country has a model of its own, and one fleet holds them all: a request names its country by the event's field
``country``, and the endpoint loads that country's model when it is first asked.
"""

from headrace.usecase import (
    Band,
    Decision,
    Entity,
    Event,
    Expectation,
    Expression,
    Field,
    Gate,
    Label,
    Model,
    MultiModel,
    Serving,
    Transform,
    UseCase,
    Window,
)

GENRES = ("action", "comedy", "documentary", "drama", "family", "thriller")
COUNTRIES = ("br", "de", "fr", "in", "jp", "us")

usecase = UseCase(
    name="streaming",
    description="Viewers who give up a title, with a model for each country",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="viewer_id", type="string", max_length=64),
            Field(name="title_id", type="string", max_length=64),
            Field(name="country", type="string", allowed=COUNTRIES),
            Field(name="genre", type="string", allowed=GENRES),
            Field(name="minutes", type="number", minimum=0, maximum=1_000),
            Field(name="start_delay_ms", type="number", minimum=0, maximum=600_000),
            Field(name="stalls", type="integer", minimum=0, maximum=10_000),
        ),
    ),
    entities=(
        Entity(name="viewer", key="viewer_id", snapshot="7d"),
        Entity(name="title", key="title_id", snapshot="7d"),
    ),
    inputs=("genre", "minutes", "start_delay_ms", "stalls"),
    calendar=("hour", "is_weekend"),
    windows=(
        Window(entity="viewer", function="count", lengths=("1d", "7d")),
        Window(entity="viewer", function="mean", over="stalls", lengths=("7d",), fill=0.0),
        Window(
            entity="viewer",
            function="mean",
            over="abandoned",
            source="labels",
            lengths=("7d", "30d"),
            delay="1d",
            fill=0.0,
            name="viewer_abandon_rate",
        ),
        Window(entity="title", function="count", lengths=("7d",), resolution="1m"),
        Window(
            entity="title",
            function="mean",
            over="abandoned",
            source="labels",
            lengths=("7d", "30d"),
            delay="1d",
            fill=0.0,
            name="title_abandon_rate",
        ),
    ),
    expressions=(
        Expression(
            name="stalls_to_usual", function="difference", of="stalls", against=("viewer_stalls_mean_7d",), fill=0.0
        ),
    ),
    label=Label(field="abandoned", delay="1d", missed_cost=3, false_alarm_cost=1),
    model=Model(
        hyperparameters={
            "max_depth": 5,
            "eta": 0.08,
            "num_round": 300,
            "min_child_weight": 10,
            "subsample": 0.8,
            "seed": 7,
        },
        transforms=(Transform(function="one_hot", of=("genre",)),),
        gates=(Gate(metric="average_precision", minimum=0.35), Gate(metric="auc", minimum=0.65)),
    ),
    decision=Decision(
        bands=(
            Band(decision="WATCHES", from_score=0),
            Band(decision="WAVERS", from_score=0.3),
            Band(decision="LEAVES", from_score=0.6),
        ),
        fallback="WATCHES",
    ),
    serving=Serving(kind="multi_model", multi_model=MultiModel(tenant="country")),
    expectations=(Expectation(column="event_id", uniqueness=0.99),),
)
