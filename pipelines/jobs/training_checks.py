"""What a training set must be like before it is cut; each refusal names the column and the fix."""

import pyarrow as pa
import pyarrow.compute as pc

from headrace.usecase import UseCase
from pipelines.jobs.splits import NAMES, Cut
from pipelines.jobs.training_set import EVENT_ID, LABEL, TrainingSetError


def judged_splits(usecase: UseCase) -> tuple[str, ...]:
    """The splits that need both classes: none without labels, not the training rows of what learns without them."""
    if not usecase.model.labelled:
        return ()
    return NAMES[1:] if usecase.model.unsupervised else NAMES


def check_values(table: pa.Table, usecase: UseCase) -> None:
    """Refuse an empty set, missing or repeated ids, missing times, keys and labels, foreign labels, endless features.

    Raises:
        TrainingSetError: naming the column, how many rows are wrong, and the fix.
    """
    if not table.num_rows:
        raise TrainingSetError("the training set has no rows: give a prefix with labelled events as InputData")
    for name in set(table.column_names) - {*usecase.feature_names, *usecase.facet_fields}:
        if nulls := table.column(name).null_count:
            raise TrainingSetError(f"{name} is null in {nulls} rows: only features may be missing; drop those rows")
    if twice := table.num_rows - pc.count_distinct(table.column(EVENT_ID)).as_py():
        raise TrainingSetError(f"{twice} rows repeat an {EVENT_ID}: build the training set with one row per event")
    values = set(pc.unique(table.column(LABEL)).to_pylist())
    if foreign := sorted(values - {0, 1}):
        raise TrainingSetError(f"{LABEL} has the values {foreign}: write 1 for {usecase.label.field} and 0 otherwise")
    for name in usecase.feature_names:
        endless = pc.sum(pc.is_inf(table.column(name))).as_py()
        if endless:
            raise TrainingSetError(f"feature {name} is infinite in {endless} rows: write null where it has no value")


def check_classes(split: str, rows: pa.Table, cut: Cut) -> None:
    """Refuse a split without both classes, or with too few positives to learn or judge anything.

    Raises:
        TrainingSetError: naming the split, what it has and the fix.
    """
    positives = int(pc.sum(rows.column(LABEL)).as_py())
    if positives == rows.num_rows:
        raise TrainingSetError(f"the {split} split has positives only: add unlabelled events as negatives to InputData")
    if positives < cut.minimum_positives:
        raise TrainingSetError(
            f"the {split} split has {positives} positives in {rows.num_rows} rows, fewer than {cut.minimum_positives}: "
            "give a longer history as InputData, wait for more labels, or lower --minimum-positives"
        )
