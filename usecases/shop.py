"""A web shop: while somebody looks at a product, how likely is it that they buy it within a day?

Every view, click, basket and purchase is an event; each is judged, so that a page may offer what the visitor is about
to want. What somebody did in the last hour says most; what the product does to others, and the customer's own habits
(how recently, how often, for how much: RFM) say the rest.
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
    Serving,
    Transform,
    UseCase,
    Window,
)

CATEGORIES = ("books", "clothes", "electronics", "food", "home", "sports", "toys")
HABITS = ("1d", "7d", "30d")

usecase = UseCase(
    name="shop",
    description="Purchase within a day, for every step of a visit to a web shop",
    event=Event(
        fields=(
            Field(name="event_id", type="string", max_length=64),
            Field(name="timestamp", type="timestamp"),
            Field(name="user_id", type="string", max_length=64),
            Field(name="product_id", type="string", max_length=64),
            Field(name="session_id", type="string", max_length=64),
            Field(name="category", type="string", allowed=CATEGORIES),
            Field(name="price", type="number", minimum=0, maximum=100_000),
            # One of the four is true: windows sum them to count each kind of action by itself.
            Field(name="viewed", type="boolean"),
            Field(name="clicked", type="boolean"),
            Field(name="added", type="boolean"),
            Field(name="bought", type="boolean"),
            Field(name="spent", type="number", minimum=0, maximum=100_000),
        ),
    ),
    entities=(
        Entity(name="user", key="user_id", snapshot="1d"),
        Entity(name="product", key="product_id", snapshot="1d"),
    ),
    inputs=("price", "category", "viewed", "clicked", "added"),
    calendar=("hour", "is_weekend"),
    windows=(
        Window(entity="user", function="sum", over="viewed", lengths=("1h", "1d", "30d"), name="user_views"),
        Window(entity="user", function="sum", over="clicked", lengths=("1h", "1d", "30d"), name="user_clicks"),
        Window(entity="user", function="sum", over="added", lengths=("1h", "1d"), name="user_baskets"),
        Window(entity="user", function="distinct", over="product_id", lengths=("1h", "30d"), name="user_products"),
        Window(entity="user", function="last", over="category", lengths=("1d",), name="user_last_category"),
        Window(entity="user", function="time_since_last", lengths=("30d",)),
        Window(entity="user", function="session_length", lengths=("30d",)),
        # RFM: how long ago the last purchase was, how many there were, and for how much.
        Window(
            entity="user", function="time_since_true", over="bought", lengths=("30d",), name="user_time_since_purchase"
        ),
        Window(entity="user", function="sum", over="bought", lengths=HABITS, name="user_purchases"),
        Window(entity="user", function="sum", over="spent", lengths=("30d",), name="user_spent"),
        Window(entity="product", function="sum", over="viewed", lengths=("1d", "7d"), name="product_views"),
        Window(entity="product", function="sum", over="clicked", lengths=("7d",), name="product_clicks"),
        Window(entity="product", function="sum", over="bought", lengths=("7d",), name="product_purchases"),
    ),
    expressions=(
        Expression(
            name="product_conversion_rate",
            function="ratio",
            of="product_purchases_7d",
            against=("product_views_7d",),
            fill=0.0,
        ),
        Expression(
            name="user_average_order", function="ratio", of="user_spent_30d", against=("user_purchases_30d",), fill=0.0
        ),
        Expression(name="clicks_per_view", function="ratio", of="user_clicks_1h", against=("user_views_1h",), fill=0.0),
    ),
    label=Label(field="purchased", delay="1d", missed_cost=4, false_alarm_cost=1),
    model=Model(
        hyperparameters={
            "max_depth": 5,
            "eta": 0.08,
            "num_round": 300,
            "min_child_weight": 40,  # what somebody did in a month all but names them: a leaf holds many people
            "subsample": 0.8,
            "seed": 7,
        },
        transforms=(Transform(function="one_hot", of=("category",)),),
        gates=(Gate(metric="average_precision", minimum=0.15), Gate(metric="auc", minimum=0.65)),
    ),
    decision=Decision(
        bands=(
            Band(decision="BROWSING", from_score=0),
            Band(decision="INTERESTED", from_score=0.1),
            Band(decision="BUYING", from_score=0.35),
        ),
        fallback="BROWSING",
    ),
    serving=Serving(score_stream=True),
    expectations=(
        Expectation(column="event_id", uniqueness=0.99),
        Expectation(column="price", completeness=1.0, minimum=0, mean=(5, 500)),
    ),
)
