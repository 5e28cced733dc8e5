"""A training set brings the fields that facets tell groups apart by, though the model never sees them."""

from dataclasses import replace

import pandas as pd
from window_cases import USECASE

from headrace.usecase import Facet, Field
from headrace.windows_columnar import training_frame
from pipelines.training_set import columns, part

FACET = Facet(field="gender", values=("f",))


def test_the_field_of_a_facet_is_in_the_training_set_and_not_in_the_features():
    event = replace(USECASE.event, fields=(*USECASE.event.fields, Field(name="gender", type="string", required=False)))
    usecase = replace(USECASE, event=event, model=replace(USECASE.model, facets=(FACET,)))
    rows = {
        "event_id": ["a", "b", "c"],
        "timestamp": [10, 30, 20],
        "customer_id": ["x"] * 3,
        "shop_id": ["s"] * 3,
        "amount": [1.0, 2.0, 3.0],
        "tip": [None] * 3,
        "online": [True] * 3,
        "gender": ["f", None, "m"],
    }
    frame = training_frame(usecase, pd.DataFrame(rows))
    assert frame["gender"].tolist() == ["f", "m", None]
    assert "gender" not in usecase.feature_names
    assert {"gender"} <= set(part.schema(usecase).names) & set(columns.event_schema(usecase).names)
    assert "gender" not in training_frame(USECASE, pd.DataFrame(rows))
