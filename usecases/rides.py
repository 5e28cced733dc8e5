"""Rides in a city: will a zone run short of drivers within the hour?

Every quarter of an hour each zone reports requests and free drivers. The weather of its city and the visitors of events
nearby are looked up: readings of both come as files, five minutes before the quarter that they are for. The truth is a
yes or no, a shortage or none: Headrace learns binary truths, not amounts, so that the number of rides itself is not
predicted. Demand that drifts for three windows in a row is trained on again.
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
    Lookup,
    Model,
    Reaction,
    Serving,
    UseCase,
    Window,
)

usecase = UseCase(
    name="rides",
    description="Shortage of drivers in a zone within the hour",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="zone_id", type="string", max_length=64),
            Field(name="city_id", type="string", max_length=64),
            Field(name="requests", type="integer", minimum=0, maximum=100_000),
            Field(name="drivers", type="integer", minimum=0, maximum=100_000),
            Field(name="temperature", type="number", required=False, minimum=-60, maximum=60),
            Field(name="rain_mm", type="number", required=False, minimum=0, maximum=200),
            Field(name="visitors_nearby", type="integer", required=False, minimum=0, maximum=500_000),
        ),
    ),
    entities=(
        Entity(name="zone", key="zone_id", snapshot="1d"),
        Entity(name="city", key="city_id"),
    ),
    lookups=(
        Lookup(
            name="weather",
            key="city_id",
            fields=("temperature", "rain_mm"),
            max_age="3h",
            delay="5m",
            lateness="3d",
        ),
        # Told only when they change: the last word holds.
        Lookup(name="visitors", key="zone_id", fields=("visitors_nearby",), delay="5m", lateness="3d"),
    ),
    inputs=("requests", "drivers", "temperature", "rain_mm", "visitors_nearby"),
    calendar=("hour", "weekday", "is_weekend"),
    windows=(
        Window(entity="zone", function="mean", over="requests", lengths=("1h", "3h", "1d", "7d"), resolution="1m"),
        Window(entity="zone", function="mean", over="drivers", lengths=("1h", "1d"), resolution="1m"),
        Window(entity="zone", function="std", over="requests", lengths=("1d",), resolution="1m"),
        Window(entity="city", function="mean", over="requests", lengths=("1h", "1d"), resolution="1m"),
        Window(
            entity="zone",
            function="mean",
            over="short",
            source="labels",
            lengths=("1d", "7d"),
            delay="2h",
            fill=0.0,
            name="zone_shortage_rate",
        ),
    ),
    expressions=(
        Expression(name="requests_per_driver", function="ratio", of="requests", against=("drivers",), fill=10.0),
        Expression(
            name="requests_zscore",
            function="zscore",
            of="requests",
            against=("zone_requests_mean_1d", "zone_requests_std_1d"),
            fill=0.0,
        ),
        Expression(
            name="requests_to_week", function="ratio", of="requests", against=("zone_requests_mean_7d",), fill=1.0
        ),
    ),
    label=Label(field="short", delay="2h", missed_cost=30, false_alarm_cost=8),
    model=Model(
        hyperparameters={
            "max_depth": 5,
            "eta": 0.08,
            "num_round": 300,
            "min_child_weight": 10,
            "subsample": 0.8,
            "seed": 7,
        },
        gates=(Gate(metric="average_precision", minimum=0.4), Gate(metric="auc", minimum=0.75)),
    ),
    decision=Decision(
        bands=(
            Band(decision="ENOUGH", from_score=0),
            Band(decision="WATCH", from_score=0.3),
            Band(decision="CALL_DRIVERS", from_score=0.6),
        ),
        fallback="WATCH",
    ),
    serving=Serving(score_stream=True),
    # Weather and the calendar move by themselves: a cold day is no reason to learn anew.
    # Nor is a cold spell a broken thermometer before nothing is left of the usual temperatures.
    reaction=Reaction(
        retrain_from=0.3,
        persistence=3,
        broken_from=1.0,
        weights=dict.fromkeys(("temperature", "rain_mm", "visitors_nearby", "hour", "weekday", "is_weekend"), 0.0),
    ),
    expectations=(
        Expectation(column="event_id", uniqueness=0.99),
        Expectation(column="requests", completeness=1.0, minimum=0),
    ),
)
