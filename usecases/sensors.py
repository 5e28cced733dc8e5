"""A fleet of sensors: say which readings are unusual without ever having been told what a fault looks like.

The model is an isolation forest: it learns from readings alone. Its score is a rank: .99 means that 99 % of the
training readings were less unusual, so the band ALERT is the most unusual 1 %. What technicians find days later judges
the model before it is registered and while it serves; it never learns from it.
"""

from headrace.usecase import (
    Alerts,
    Band,
    Decision,
    Entity,
    Event,
    Expectation,
    Expression,
    Field,
    Gate,
    Label,
    Limits,
    Model,
    Monitor,
    Serving,
    Transform,
    UseCase,
    Window,
)

MEASURED = ("temperature", "vibration", "pressure")
LONG = "1d"

usecase = UseCase(
    name="sensors",
    description="Unusual readings of a fleet of sensors, without labels to learn from",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="sensor_id", type="string", max_length=64),
            Field(name="site_id", type="string", max_length=64),
            Field(name="temperature", type="number", minimum=-60, maximum=400),
            Field(name="vibration", type="number", minimum=0, maximum=1_000),
            Field(name="pressure", type="number", minimum=0, maximum=1_000),
        ),
    ),
    entities=(
        Entity(name="sensor", key="sensor_id", snapshot="1d"),
        Entity(name="site", key="site_id"),
    ),
    inputs=(),
    calendar=(),
    windows=(
        # At one reading a second a day has 86,400 of them: minutes keep the state of a sensor small.
        *(
            Window(entity="sensor", function="mean", over=name, lengths=("1h", LONG), resolution="1m")
            for name in MEASURED
        ),
        *(
            Window(entity="sensor", function="std", over=name, lengths=("6h", LONG), resolution="1m")
            for name in MEASURED
        ),
        # What all sensors of a site feel is the weather or the load, not a fault.
        *(Window(entity="site", function="mean", over=name, lengths=("1h",), resolution="1m") for name in MEASURED),
    ),
    expressions=tuple(
        expression
        for name in MEASURED
        for expression in (
            Expression(
                name=f"{name}_off_site",
                function="difference",
                of=f"sensor_{name}_mean_1h",
                against=(f"site_{name}_mean_1h",),
                fill=0.0,
            ),
            Expression(
                name=f"{name}_zscore",
                function="zscore",
                of=f"sensor_{name}_mean_1h",
                against=(f"sensor_{name}_mean_{LONG}", f"sensor_{name}_std_{LONG}"),
                fill=0.0,
            ),
            Expression(
                name=f"{name}_unrest",
                function="ratio",
                of=f"sensor_{name}_std_6h",
                against=(f"sensor_{name}_std_{LONG}",),
                fill=1.0,
            ),
        )
    ),
    label=Label(field="fault", delay="3d", missed_cost=300, false_alarm_cost=20),
    model=Model(
        algorithm="isolation_forest",
        hyperparameters={"n_estimators": 200, "max_samples": 512, "seed": 7},
        transforms=(Transform(function="impute"), Transform(function="standardize")),
        gates=(Gate(metric="auc", minimum=0.8), Gate(metric="average_precision", minimum=0.1)),
        limits=Limits(worse_than_champion=0.05),
    ),
    decision=Decision(
        bands=(Band(decision="NORMAL", from_score=0), Band(decision="ALERT", from_score=0.99)),
        fallback="NORMAL",
    ),
    serving=Serving(score_stream=True),
    alerts=Alerts(decisions=("ALERT",)),
    monitor=Monitor(kinds=("data_quality", "model_quality")),  # a forest cannot say which feature weighed how much
    expectations=(Expectation(column="event_id", uniqueness=0.99),),
)
