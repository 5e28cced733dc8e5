"""The summary of a run says how good the registered model is, with how sure that is."""

from cli.run_result import quality


def test_figures_carry_their_intervals_and_nothing_is_made_up() -> None:
    evaluation = {
        "binary_classification_metrics": {"auc": {"value": 0.9, "standard_deviation": 0.01}, "f1": {"value": 0.5}},
        "headrace": {"intervals": {"auc": [0.88, 0.92], "cost": [1, 2]}},
    }
    assert quality(evaluation) == {"auc": {"value": 0.9, "interval": [0.88, 0.92]}}
    assert quality({"headrace": {}}) == {}
