"""Card fraud: answer each transaction while the customer waits; learn the truth a week later.

Features begin with those of the Fraud Detection Handbook, chapter 3 (Le Borgne et al., ULB Machine Learning Group):
spending habits of the customer, and the fraud seen at the terminal, shifted back by the time labels take to arrive.
To them come more windows of the same events, and what the customer did before a thief could have begun.
"""

from headrace.usecase import (
    Alerts,
    Band,
    Compute,
    Decision,
    Entity,
    Event,
    Expectation,
    Expression,
    Field,
    Gate,
    Label,
    Model,
    Monitor,
    Reaction,
    Serving,
    UseCase,
    Window,
)

DAYS = ("1d", "7d", "30d")
RECENT = ("1d", "3d", "7d")
HABIT = "customer_before_mean_30d"
BEFORE = ("mean", "std", "max")

usecase = UseCase(
    name="fraud",
    description="Card fraud on a stream of transactions",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="customer_id", type="string", max_length=64),
            Field(name="terminal_id", type="string", max_length=64),
            Field(name="amount", type="number", minimum=0, maximum=1_000_000),
        ),
    ),
    entities=(
        Entity(name="customer", key="customer_id", snapshot="7d"),
        Entity(name="terminal", key="terminal_id", snapshot="7d"),
    ),
    inputs=("amount",),
    calendar=("is_weekend", "is_night", "hour"),
    windows=(
        # Habits, the current purchase included: how often and how much a customer buys.
        Window(entity="customer", function="count", lengths=DAYS),
        Window(entity="customer", function="mean", over="amount", lengths=("1d", "3d", "7d", "30d"), fill=0.0),
        # The dearest of the last days: a thief buys dear things between the owner's cheap ones.
        Window(entity="customer", function="max", over="amount", lengths=RECENT, fill=0.0),
        # The same customer up to a week ago: habits that this week's thief has not touched.
        *(
            Window(
                entity="customer",
                function=function,
                over="amount",
                lengths=("30d",),
                delay="7d",
                fill=0.0,
                name=f"customer_before_{function}",
            )
            for function in BEFORE
        ),
        # How busy the terminal was when its known labels were made: how far its fraud rate can be trusted.
        Window(entity="terminal", function="count", lengths=DAYS, delay="7d"),
        # How much fraud the terminal has seen, over lengths that tell since when: a tampered one is tampered for weeks.
        Window(
            entity="terminal",
            function="mean",
            over="fraud",
            source="labels",
            lengths=("1d", "3d", "7d", "14d", "21d", "28d", "30d"),
            delay="7d",
            fill=0.0,
            name="terminal_fraud_rate",
        ),
        Window(
            entity="terminal",
            function="sum",
            over="fraud",
            source="labels",
            lengths=("1d", "3d", "7d", "14d", "20d", "21d", "28d"),
            delay="7d",
            name="terminal_frauds",
        ),
    ),
    expressions=(
        # Frauds older than four weeks, the delay included: by then the tampering is over.
        Expression(
            name="terminal_frauds_old",
            function="difference",
            of="terminal_frauds_28d",
            against=("terminal_frauds_21d",),
        ),
        # This purchase against the old habits: a stolen card's first use. A new customer is like before.
        Expression(name="amount_to_before", function="ratio", of="amount", against=(HABIT,), fill=1.0),
        Expression(
            name="amount_zscore", function="zscore", of="amount", against=(HABIT, "customer_before_std_30d"), fill=0.0
        ),
        Expression(
            name="amount_to_before_max", function="ratio", of="amount", against=("customer_before_max_30d",), fill=1.0
        ),
        # The last days against the old habits: a stolen card in use, whatever this purchase is.
        *(
            Expression(
                name=f"{part}_{length}_to_before",
                function="ratio",
                of=f"customer_amount_{part}_{length}",
                against=(HABIT,),
                fill=1.0,
            )
            for part in ("mean", "max")
            for length in RECENT
        ),
    ),
    label=Label(field="fraud", delay="7d", missed_cost=500, false_alarm_cost=50),
    model=Model(
        # max_bin and base_score restore the exact-split behaviour of older XGBoost, worth .08 average precision here.
        hyperparameters={
            "max_depth": 6,
            "eta": 0.1,
            "num_round": 400,
            "early_stopping_rounds": 30,
            "min_child_weight": 10,
            "subsample": 0.7,
            "colsample_bytree": 0.4,
            "lambda": 5,
            "base_score": 0.5,
            "max_bin": 4096,
            "tree_method": "hist",
            "seed": 7,
        },
        gates=(Gate(metric="average_precision", minimum=0.2),),
    ),
    decision=Decision(
        bands=(
            Band(decision="APPROVE", from_score=0),
            Band(decision="REVIEW", from_score=0.1),
            Band(decision="BLOCK", from_score=0.85),
        ),
        fallback="REVIEW",
    ),
    alerts=Alerts(decisions=("BLOCK",)),
    serving=Serving(instance_type="ml.m5.large", min_instances=1, max_instances=4, score_stream=True),
    expectations=(
        Expectation(column="event_id", uniqueness=0.99),
        # A mean outside means another currency, cents for euros, or the amounts of one kind of merchant only.
        Expectation(column="amount", completeness=1.0, minimum=0, maximum=1_000_000, mean=(5, 500)),
        Expectation(column="label", allowed=(0, 1)),
    ),
    # A quiet day fits a function, which has no minutes of start-up; a day of peaks is counted on several machines.
    monitor=Monitor(compute=Compute(runs_on="volume", instances=4)),
    # Fraud changes its ways faster than calendars turn: what is lost until somebody looks costs more than a training.
    # Sixty frauds of the new kind are enough to learn it; with fewer the next model is hardly better than this one.
    # Sundays find what moves too slowly to be drift; docs/reaction.md shows that both cost no more than either.
    reaction=Reaction(
        promotion="automatic", least_positives=60, cooldown="1d", attempts=3, schedule="cron(0 2 ? * SUN *)"
    ),
)
