"""What native Model Monitor and Clarify compare with, put where their definitions look whenever a model is deployed.

A job definition cannot be changed and names fixed places in S3. So a model that goes into service has its baseline
copied there: statistics and constraints of rows as capture holds them, Clarify's analyses as they are, bounds of model
quality from its evaluation, and Clarify's configurations with its name.
https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
"""

import json
from typing import Any

from headrace.monitoring import BASELINES, CONSTRAINTS, NATIVE_CONSTRAINTS, NATIVE_STATISTICS, STATISTICS
from headrace.usecase import Facet, UseCase
from lambdas.monitoring.logic import Monitoring
from lambdas.monitoring.requests import DeployedModel

ENDPOINT_CHANGE = "SageMaker Endpoint State Change"
QUALITY, BIAS, EXPLAINABILITY = "model_quality_constraints.json", "bias_config.json", "explainability_config.json"
BIAS_CONSTRAINTS, EXPLAINABILITY_CONSTRAINTS = "bias_constraints.json", "explainability_constraints.json"
_SAMPLES = 100
_NOT_COMPARED = {"distribution_constraints": {"perform_comparison": "Disabled"}}
_JUDGED = ("auc", "precision", "recall", "f1", "accuracy")


def adopt(function: Monitoring) -> list[str]:
    """Write the deployed model's documents; returns their keys, none if no model is deployed or it brings no baseline.

    Raises:
        RetryableError: if AWS throttles or cannot be reached.
        DependencyError: if it refuses.
    """
    model = function.endpoint.deployed()
    if model is None:
        return []
    found = _data(function, model.baseline) if model.baseline else {}
    for name, folder, own in (
        (EXPLAINABILITY_CONSTRAINTS, model.explanation, "explanation.json"),
        (BIAS_CONSTRAINTS, model.bias, "bias.json"),
    ):
        body = _read(function, f"{folder}/{own}") if folder else None
        if body is not None:
            found[name] = body
    evaluation = _read(function, f"{model.evaluation}/evaluation.json") if model.evaluation else None
    if evaluation is not None:
        found[QUALITY] = _bytes(quality_constraints(function.usecase, json.loads(evaluation)))
    found[EXPLAINABILITY] = _bytes(_explainability(function.usecase, model))
    if BIAS_CONSTRAINTS in found:
        found[BIAS_CONSTRAINTS] = _bytes(_as_clarify_names(function.usecase, json.loads(found[BIAS_CONSTRAINTS])))
    if function.usecase.model.facets:
        found[BIAS] = _bytes(_bias(function.usecase, model))
    place = f"{BASELINES}{function.endpoint_name}/"
    for name, body in found.items():
        function.lake.put(f"{place}{name}", body)
    return [f"{place}{name}" for name in found]


def _data(function: Monitoring, folder: str) -> dict[str, bytes]:
    """Statistics and constraints of rows as capture holds them, by the names that definitions ask for."""
    coded, own = _coded_inputs(function.usecase), {STATISTICS: STATISTICS, CONSTRAINTS: CONSTRAINTS}
    captured = {STATISTICS: NATIVE_STATISTICS, CONSTRAINTS: NATIVE_CONSTRAINTS}
    found = {name: _read(function, f"{folder}/{it}") for name, it in (captured if coded else own).items()}
    if coded and None in found.values():
        found = {name: _read(function, f"{folder}/{it}") for name, it in own.items()}
        constraints = found[CONSTRAINTS]
        if constraints is not None:
            found[CONSTRAINTS] = _bytes(_in_positions(coded, json.loads(constraints)))
    return {name: body for name, body in found.items() if body is not None}


def _coded_inputs(usecase: UseCase) -> frozenset[str]:
    """Inputs that are texts in events and positions in what the endpoint captures."""
    return frozenset(it for it in usecase.inputs if usecase.event.field(it).allowed)


def _in_positions(coded: frozenset[str], constraints: dict[str, Any]) -> dict[str, Any]:
    """Constraints of a package that was registered without those for native monitors: its texts became positions.

    How often each position came is not known in the form of numbers, so distributions of these are not compared.
    """
    return {
        **constraints,
        "features": [
            {
                "name": it["name"],
                "inferred_type": "Integral",
                "completeness": it.get("completeness", 0.0),
                "num_constraints": {"is_non_negative": True},
                "monitoringConfigOverrides": _NOT_COMPARED,
            }
            if it["name"] in coded and it.get("inferred_type") == "String"
            else it
            for it in constraints.get("features", [])
        ],
    }


def quality_constraints(usecase: UseCase, evaluation: dict[str, Any]) -> dict[str, Any]:
    """Model Monitor's constraints of a binary classifier: no metric may fall by more than the use case allows."""
    metrics = evaluation.get("binary_classification_metrics", {})
    least_drop = usecase.monitor.thresholds.least_drop
    return {
        "version": 0.0,
        "binary_classification_constraints": {
            name: {
                "threshold": round(float(metrics[name]["value"]) - least_drop, 6),
                "comparison_operator": "LessThanThreshold",
            }
            for name in _JUDGED
            if name in metrics
        },
    }


def _explainability(usecase: UseCase, model: DeployedModel) -> dict[str, Any]:
    shap = {"num_samples": _SAMPLES, "agg_method": "mean_abs", "use_logit": False}
    return {**_analysis(usecase, model), "methods": {"shap": shap}}


def _bias(usecase: UseCase, model: DeployedModel) -> dict[str, Any]:
    facets = []
    for it in usecase.model.facets:
        chosen = {"value_or_threshold": _coded(usecase, it)} if it.values else {}
        facets.append({"name_or_index": it.field, **chosen})
    return {
        **_analysis(usecase, model),
        "label_values_or_threshold": [1],
        "facet": facets,
        "methods": {"post_training_bias": {"methods": "all"}},
    }


def _as_clarify_names(usecase: UseCase, analysis: dict[str, Any]) -> dict[str, Any]:
    """The analysis with groups of values named as Clarify names them; those of a threshold keep their words."""
    names = {(it.field, it.condition): ", ".join(map(str, _coded(usecase, it))) for it in usecase.model.facets}
    for section in ("pre_training_bias_metrics", "post_training_bias_metrics"):
        for field, groups in analysis.get(section, {}).get("facets", {}).items():
            for it in groups:
                it["value_or_threshold"] = names.get((field, it["value_or_threshold"])) or it["value_or_threshold"]
    return analysis


def _coded(usecase: UseCase, facet: Facet) -> list[str | float]:
    """A facet's values as capture holds them: texts are the model's numbers there."""
    coded = {it.name: it.codes for it in usecase.event.fields if it.name in usecase.inputs and it.allowed}
    codes = coded.get(facet.field, {})
    return [codes.get(str(it), it) if codes else it for it in facet.values]


def _analysis(usecase: UseCase, model: DeployedModel) -> dict[str, Any]:
    names = list(usecase.feature_names)
    record = "{" + ",".join(f'"{name}":${{{name}}}' for name in names) + "}"
    return {
        "version": "1.0",
        "dataset_type": "application/json",
        "headers": names,
        "features": f"instances[*].[{','.join(names)}]",
        "label": usecase.label.field,
        "predictor": {
            "model_name": model.model_name,
            "instance_type": usecase.serving.instance_type,
            "initial_instance_count": 1,
            "content_type": "application/json",
            "accept_type": "application/json",
            "content_template": '{"instances":$records}',
            "record_template": record,
            "probability": "predictions[*].score",
        },
    }


def _read(function: Monitoring, uri: str) -> bytes | None:
    return function.lake.read(uri.removeprefix(f"s3://{function.bucket}/"))


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
