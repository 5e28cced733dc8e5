"""The target of training: what was known of every event's truth at a moment, joined without adding a row."""

import numpy as np
import pandas as pd

from headrace.usecase import UseCase
from headrace.windows_columnar.columns import texts
from headrace.windows_columnar.tables import ordered_labels


def labelled(usecase: UseCase, frame: pd.DataFrame, labels: pd.DataFrame, *, known_until: int) -> pd.DataFrame:
    """Join every event's label as it was known at a moment.

    Args:
        usecase: whose label.
        frame: rows with the event id, as ``training_frame`` returns them.
        labels: as for ``training_frame``, but entity keys are not needed.
        known_until: versions given after this second do not count.

    Returns:
        The rows with a label, in their order, with the column ``label`` (int8): of several versions the last given,
        then that of the later event time, then the larger value. Rows that share an id share its label.

    Raises:
        KeyError: if a needed column is absent.
        RejectedError: if a time is missing or a label is neither 0 nor 1.
    """
    shape, label = usecase.event, usecase.label
    known = ordered_labels(usecase, labels, [])
    known = known[known["labelled_at"] <= known_until]
    last = known.sort_values(["labelled_at", shape.timestamp, label.field], kind="stable")
    truth = last.drop_duplicates(shape.id, keep="last").set_index(shape.id)[label.field]
    place = truth.index.get_indexer(pd.Index(texts(frame, shape.id)))
    given = place >= 0
    return frame[given].assign(label=truth.to_numpy()[place[given]].astype(np.int8))
