"""Readmission: when a patient goes home, how likely is it that they are back within 30 days, and why?

Names and social security numbers never reach the lake, the hospital's record number only as a keyed hash. The key of a
patient is a pseudonym that the hospital gives; it must stay the same, because habits and history hang on it. Answers
carry their reasons: the contributions of features to this very score (exact SHAP values of the trees).
"""

from headrace.usecase import (
    Band,
    Compliance,
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

WARDS = ("cardiology", "geriatrics", "internal", "oncology", "pulmonology", "surgery")

usecase = UseCase(
    name="readmission",
    description="Readmission to hospital within 30 days of a discharge",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="patient_id", type="string", max_length=64),
            Field(name="ward_id", type="string", max_length=64),
            Field(name="name", type="string", required=False, privacy="remove", sensitive="phi"),
            Field(name="ssn", type="string", required=False, max_length=16, privacy="remove", sensitive="phi"),
            Field(
                name="record_number",
                type="string",
                required=False,
                max_length=64,
                privacy="hash",
                sensitive="phi",
            ),
            Field(name="age", type="integer", minimum=0, maximum=120),
            Field(name="ward", type="string", allowed=WARDS),
            Field(name="days_in_hospital", type="number", minimum=0, maximum=730),
            Field(name="diagnoses", type="integer", minimum=0, maximum=60),
            Field(name="medicines", type="integer", minimum=0, maximum=80),
            Field(name="urgent", type="boolean"),
            Field(name="lives_alone", type="boolean", required=False),
        ),
    ),
    entities=(
        Entity(name="patient", key="patient_id", snapshot="30d"),
        Entity(name="hospital_ward", key="ward_id"),
    ),
    inputs=("age", "ward", "days_in_hospital", "diagnoses", "medicines", "urgent", "lives_alone"),
    calendar=("weekday",),
    windows=(
        Window(entity="patient", function="count", lengths=("90d", "180d")),
        Window(entity="patient", function="sum", over="urgent", lengths=("180d",)),
        Window(entity="patient", function="time_since_last", lengths=("180d",)),
        Window(entity="patient", function="mean", over="days_in_hospital", lengths=("180d",), fill=0.0),
        # A crowded ward sends people home early.
        Window(entity="hospital_ward", function="count", lengths=("7d", "30d"), resolution="1h"),
    ),
    expressions=(
        Expression(
            name="ward_rush",
            function="ratio",
            of="hospital_ward_count_7d",
            against=("hospital_ward_count_30d",),
            fill=1.0,
        ),
    ),
    label=Label(field="readmitted", delay="30d", missed_cost=9_000, false_alarm_cost=900),
    model=Model(
        hyperparameters={
            "max_depth": 4,
            "eta": 0.06,
            "num_round": 300,
            "min_child_weight": 10,
            "subsample": 0.8,
            "seed": 7,
        },
        transforms=(Transform(function="one_hot", of=("ward",)),),
        gates=(Gate(metric="auc", minimum=0.65), Gate(metric="average_precision", minimum=0.2)),
    ),
    decision=Decision(
        bands=(
            Band(decision="LOW", from_score=0),
            Band(decision="MEDIUM", from_score=0.4),
            Band(decision="HIGH", from_score=0.7),
        ),
        fallback="MEDIUM",
    ),
    serving=Serving(score_stream=True),
    compliance=Compliance(profiles=("hipaa",), subject="patient_id"),
    expectations=(
        Expectation(column="event_id", uniqueness=0.99),
        Expectation(column="age", completeness=1.0, minimum=0, maximum=120, mean=(20, 90)),
    ),
)
