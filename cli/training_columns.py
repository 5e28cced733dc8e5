"""A training frame in the columns that the gate and the jobs know: ``event_id``, ``timestamp``, what is judged."""

import pandas as pd

from headrace.training_columns import common_names
from headrace.usecase import UseCase


def presented(usecase: UseCase, frame: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """The frame with its id and time under their common names, and with the event fields that are looked at besides.

    Args:
        usecase: whose frame.
        frame: as ``training_frame`` returns it, any of its rows, perhaps with a label.
        events: the events that it was computed from.
    """
    looked_at = (*usecase.facet_fields, *(rule.column for rule in usecase.expectations))
    fields = [name for name in dict.fromkeys(looked_at) if name in events and name not in frame]
    if fields:
        besides = events.set_index(usecase.event.id)[fields].loc[frame[usecase.event.id]]
        frame = frame.assign(**{name: besides[name].to_numpy() for name in fields})
    return frame.rename(columns=common_names(usecase))
