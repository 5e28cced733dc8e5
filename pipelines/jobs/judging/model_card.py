"""``model_card.json``: the content of a SageMaker model card, filled from what training and evaluation know.

The schema limits texts and lists; what is longer is cut, never left to be rejected at registration.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from headrace.usecase import ALGORITHMS, UseCase

FILE = "model_card.json"
_TEXT, _LONG_TEXT, _VALUE = 1_024, 2_048, 255
_MOST_DATASETS = 10
Document = dict[str, Any]


def model_card(
    usecase: UseCase,
    about: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    bias: Mapping[str, Any],
    lineage: Mapping[str, str],
) -> Document:
    """The content of the card.

    Args:
        usecase: what the model is for.
        about: ``headrace.json``.
        evaluation: ``evaluation.json``.
        bias: ``bias.json``.
        lineage: where the model came from, by name; becomes the custom details.
    """
    judged = evaluation["headrace"]
    algorithm = about.get("algorithm", "xgboost")
    labelled = "Binary classification" if usecase.model.labelled else "Anomaly detection"
    return {
        "model_overview": {
            "model_description": usecase.description[:_TEXT],
            "model_creator": "Headrace retraining pipeline",
            "algorithm_type": ALGORITHMS[algorithm].title if algorithm in ALGORITHMS else algorithm,
            "problem_type": labelled,
        },
        "intended_uses": {
            "purpose_of_model": f"{usecase.description}: a score between 0 and 1 becomes one of "
            f"{', '.join(band.decision for band in usecase.decision.bands)}."[:_LONG_TEXT],
            "intended_uses": f"Events of the use case {usecase.name}, scored one by one."[:_LONG_TEXT],
            "factors_affecting_model_efficiency": f"Labels take {usecase.label.delay} to arrive; "
            f"judged on events from {judged['first']} to {judged['last']}.",
            "risk_rating": "Unknown",
            "explanations_for_risk_rating": "Rated by those who deploy it.",
        },
        "training_details": _training(usecase, about, lineage),
        "evaluation_details": [_evaluation(evaluation, bias)],
        "additional_information": {
            "ethical_considerations": _ethics(bias)[:_LONG_TEXT],
            "caveats_and_recommendations": _caveats(usecase, about)[:_LONG_TEXT],
            "custom_details": {name: str(value)[:_VALUE] for name, value in lineage.items()},
        },
    }


def _training(usecase: UseCase, about: Mapping[str, Any], lineage: Mapping[str, str]) -> Document:
    spans = about.get("data", {})
    datasets = [lineage["input_data"]] if "input_data" in lineage else []
    return {
        "objective_function": {"function": "Maximize", "facet": "Other"},
        "training_observations": "; ".join(
            f"{name}: {it['rows']} rows, {it['positives']} positives, {it['first']} to {it['last']}"
            for name, it in spans.items()
        )[:_TEXT],
        "training_job_details": {
            "training_datasets": datasets[:_MOST_DATASETS],
            "user_provided_training_metrics": [
                {"name": f"{split} {name}", "value": value}
                for split, figures in about["metrics"].items()
                for name, value in figures.items()
            ],
            "user_provided_hyper_parameters": [
                {"name": name, "value": str(value)[:_VALUE]} for name, value in about["hyperparameters"].items()
            ],
        },
    }


def _evaluation(evaluation: Mapping[str, Any], bias: Mapping[str, Any]) -> Document:
    judged = evaluation["headrace"]
    groups = [group for group in (_quality(evaluation), _costs(judged), *_bias_groups(bias)) if group["metric_data"]]
    return {
        "name": "Test rows",
        "evaluation_observation": f"{judged['rows']} rows with {judged['positives']} positives, later than all that "
        "was learned from.",
        "metadata": {"threshold": str(judged["threshold"]), "first": judged["first"], "last": judged["last"]},
        "metric_groups": groups,
    }


def _quality(evaluation: Mapping[str, Any]) -> Document:
    figures = evaluation.get("binary_classification_metrics", {})
    intervals = evaluation["headrace"].get("intervals", {})
    data: list[Document] = [
        {
            "name": name,
            "type": "number",
            "value": it["value"],
            "notes": f"95 % interval {intervals[name][0]:.4f} to {intervals[name][1]:.4f}",
        }
        for name, it in figures.items()
        if name in intervals
    ]
    if figures:
        matrix = figures["confusion_matrix"]
        cells = [[matrix[label][called] for called in "01"] for label in "01"]
        axes = {"x_axis_name": ["0", "1"], "y_axis_name": ["0", "1"]}
        data.append({"name": "confusion_matrix", "type": "matrix", "value": cells, **axes})
    return {"name": "Quality", "metric_data": data}


def _costs(judged: Mapping[str, Any]) -> Document:
    return {
        "name": "Cost of errors",
        "metric_data": [{"name": name, "type": "number", "value": value} for name, value in judged["cost"].items()],
    }


def _bias_groups(bias: Mapping[str, Any]) -> Iterator[Document]:
    for facet in bias["headrace"]["facets"]:
        data = [
            {"name": name, "type": "number", "value": value}
            for name, value in facet["metrics"].items()
            if value is not None
        ]
        yield {"name": f"Bias: {facet['field']} {facet['condition']}"[:63], "metric_data": data}


def _ethics(bias: Mapping[str, Any]) -> str:
    facets = bias["headrace"]["facets"]
    if not facets:
        return "The use case names no facets, so nothing is known about how groups of people fare."
    return " ".join(
        f"{it['field']} {it['condition']}: "
        + ", ".join(f"{name} {verdict}" for name, verdict in it["verdicts"].items())
        + "."
        for it in facets
    )


def _caveats(usecase: UseCase, about: Mapping[str, Any]) -> str:
    regret = about["threshold"].get("stability", {}).get("regret")
    lost = "" if regret is None else f" Other validation rows would have chosen one {regret:.1%} cheaper on average."
    chosen = f"The threshold is the cheapest on validation rows for {usecase.label.missed_cost:g} per missed positive"
    return f"{chosen} and {usecase.label.false_alarm_cost:g} per false alarm.{lost}"
