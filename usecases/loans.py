"""Small loans: answer an application at once, learn two weeks later whether its first payment came.

Nobody may be refused more often for belonging to a group. The applicant's group is a field of the event that the model
never sees; the bias gate compares the groups of every candidate before it is registered.
"""

from headrace.usecase import (
    Band,
    Decision,
    Entity,
    Event,
    Expectation,
    Expression,
    Facet,
    Field,
    Gate,
    Label,
    Model,
    Monitor,
    Serving,
    UseCase,
    Window,
)

usecase = UseCase(
    name="loans",
    description="Default on small loans, with a gate on bias",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="applicant_id", type="string", max_length=64),
            Field(name="branch_id", type="string", max_length=64),
            Field(name="amount", type="number", minimum=50, maximum=50_000),
            Field(name="income", type="number", minimum=0, maximum=1_000_000),
            Field(name="debt", type="number", minimum=0, maximum=1_000_000),
            Field(name="months", type="integer", minimum=1, maximum=120),
            Field(name="age", type="integer", minimum=18, maximum=110),
            # Kept in clear because bias cannot be measured without it; it is no input.
            Field(name="gender", type="string", allowed=("female", "male", "other")),
        ),
    ),
    entities=(
        Entity(name="applicant", key="applicant_id", snapshot="7d"),
        Entity(name="branch", key="branch_id"),
    ),
    inputs=("amount", "income", "debt", "months"),
    calendar=(),
    windows=(
        # Many applications in a few days are a sign of trouble.
        Window(entity="applicant", function="count", lengths=("1d", "7d", "30d")),
        Window(entity="applicant", function="sum", over="amount", lengths=("7d", "30d")),
        # How earlier loans ended, as far as it is known by now.
        Window(
            entity="applicant",
            function="mean",
            over="defaulted",
            source="labels",
            lengths=("30d",),
            delay="14d",
            fill=0.0,
            name="applicant_default_rate",
        ),
        Window(
            entity="applicant",
            function="count",
            source="labels",
            lengths=("30d",),
            delay="14d",
            name="applicant_known_loans",
        ),
        Window(
            entity="branch",
            function="mean",
            over="defaulted",
            source="labels",
            lengths=("30d",),
            delay="14d",
            fill=0.0,
            name="branch_default_rate",
        ),
    ),
    expressions=(
        Expression(name="debt_to_income", function="ratio", of="debt", against=("income",), fill=10.0),
        Expression(name="amount_to_income", function="ratio", of="amount", against=("income",), fill=10.0),
    ),
    label=Label(field="defaulted", delay="14d", missed_cost=400, false_alarm_cost=60),
    model=Model(
        hyperparameters={
            "max_depth": 4,
            "eta": 0.08,
            "num_round": 300,
            "min_child_weight": 10,
            "subsample": 0.8,
            "seed": 7,
        },
        gates=(Gate(metric="average_precision", minimum=0.2), Gate(metric="auc", minimum=0.65)),
        facets=(
            Facet(field="gender", values=("female",), favourable=0, disparate_impact=(0.8, 1.25)),
            Facet(field="age", below=25, favourable=0, disparate_impact=(0.8, 1.25), accuracy_difference=0.1),
        ),
    ),
    decision=Decision(
        bands=(
            Band(decision="APPROVE", from_score=0),
            Band(decision="REVIEW", from_score=0.13),
            Band(decision="DECLINE", from_score=0.5),
        ),
        fallback="REVIEW",
    ),
    serving=Serving(score_stream=True),
    # A day has too few people below 25 for a verdict about them.
    monitor=Monitor(kinds=("data_quality", "model_quality", "bias", "attribution"), monthly=("bias",)),
    expectations=(
        Expectation(column="event_id", uniqueness=0.99),
        Expectation(column="age", completeness=1.0, minimum=18, maximum=110),
        Expectation(column="income", completeness=1.0, mean=(500, 10_000)),
    ),
)
