"""Models of every kind on the features of fraud: what tests train, judge and serve."""

from headrace.usecase import Gate, Model, Resampling, Transform

IMPUTE, STANDARDIZE = Transform(function="impute"), Transform(function="standardize")
GATES = (Gate(metric="auc", minimum=0.5),)
CLIP = Transform(function="clip")
MODELS = {
    "linear": Model(algorithm="linear", transforms=(IMPUTE, CLIP, STANDARDIZE), gates=GATES),
    "pairs": Model(algorithm="factorization_machine", transforms=(IMPUTE, CLIP, STANDARDIZE), gates=GATES),
    "trees that are balanced": Model(class_weight="balanced", hyperparameters={"num_round": 20}, gates=GATES),
    "trees on fewer negatives": Model(
        resampling=Resampling(kind="undersample", negatives=5), hyperparameters={"num_round": 20}, gates=GATES
    ),
    "trees on prepared columns": Model(transforms=(IMPUTE,), hyperparameters={"num_round": 20}, gates=GATES),
    "isolation forest": Model(algorithm="isolation_forest", transforms=(IMPUTE,), gates=GATES),
    "k-means": Model(algorithm="kmeans", transforms=(IMPUTE, STANDARDIZE), gates=GATES),
    "without labels": Model(algorithm="isolation_forest", transforms=(IMPUTE,), labelled=False),
}
