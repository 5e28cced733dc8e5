"""Whether a model may be registered: one verdict per gate, each with its reason."""

from collections.abc import Iterator, Mapping
from statistics import NormalDist
from typing import Any

from headrace.usecase import Limits, UseCase
from pipelines.jobs.judging.verdict import Verdict


def verdicts(
    usecase: UseCase,
    floors: Mapping[str, float],
    about: Mapping[str, Any],
    evaluation: Mapping[str, Any],
    bias: Mapping[str, Any],
) -> list[Verdict]:
    """Every gate's verdict, floors first.

    Args:
        usecase: whose limits hold.
        floors: the least value of each metric, by its name.
        about: the candidate's ``headrace.json``.
        evaluation: its ``evaluation.json``.
        bias: its ``bias.json``.
    """
    limits, judged = usecase.model.limits, evaluation["headrace"]
    found = [_varies(judged)]
    if not usecase.model.labelled:
        return [*found, _score_shift(judged, limits)]
    metric = usecase.model.gates[0].metric
    found += [_positives(judged, limits), *_floors(floors, evaluation)]
    found += [_gap(metric, about, limits), _single_feature(about, limits), _refit(judged["refit"], limits)]
    if (champion := judged.get("champion")) is not None:
        found.append(_champion(champion, limits))
    return [*found, *_bias(bias)]


def _varies(judged: Mapping[str, Any]) -> Verdict:
    scores = judged["distinct_scores"]
    said = f"the model gives {scores} different scores to {judged['rows']} test rows"
    return Verdict(
        name="varies",
        passed=scores > 1,
        value=scores,
        bound=2,
        reason=said if scores > 1 else "the model is constant: it gives every test row the same score",
    )


def _positives(judged: Mapping[str, Any], limits: Limits) -> Verdict:
    found = judged["positives"]
    passed = found >= limits.positives
    words = "" if passed else f", fewer than {limits.positives}: wait for more labels or give a longer history"
    return Verdict(
        name="positives",
        passed=passed,
        value=found,
        bound=limits.positives,
        reason=f"the test rows hold {found} positives{words}",
    )


def _floors(floors: Mapping[str, float], evaluation: Mapping[str, Any]) -> Iterator[Verdict]:
    champion = evaluation["headrace"].get("champion") or {}
    for name, bound in floors.items():
        value = evaluation["binary_classification_metrics"][name]["value"]
        low, high = evaluation["headrace"]["intervals"][name]
        side = "reaches" if value >= bound else "is below"
        deployed = champion.get("metrics", {}).get(name, {}).get("champion", bound)
        # Where the world has changed, nothing that was learned before can reach it: refusing would keep the worse one.
        excused = deployed < bound
        words = f"; so is the champion with {deployed:.4f}, which may not stay for that" if excused else ""
        yield Verdict(
            name=f"floor_{name}",
            passed=value >= bound or excused,
            value=value,
            bound=bound,
            reason=f"{name} {value:.4f} (95 % interval {low:.4f} to {high:.4f}) {side} the floor of {bound:g}"
            + (words if value < bound else ""),
        )


def _gap(metric: str, about: Mapping[str, Any], limits: Limits) -> Verdict:
    train, validation = (about["metrics"][split][metric] for split in ("train", "validation"))
    gap = round(train - validation, 6)
    noise = NormalDist().inv_cdf(limits.confidence) * about["deviations"][metric]
    passed = gap - noise <= limits.gap
    words = "" if passed else ": the model has learned its training rows by heart, or a feature is known only for them"
    return Verdict(
        name="gap",
        passed=passed,
        value=gap,
        bound=limits.gap,
        reason=f"{metric} is {train:.4f} on training and {validation:.4f} on validation rows, "
        f"{gap:.4f} apart, {'within' if passed else 'beyond'} {limits.gap:g} and noise of {noise:.4f}{words}",
    )


def _refit(refit: Mapping[str, Any], limits: Limits) -> Verdict:
    metric, difference = refit["metric"], round(refit["served"] - refit["judged"], 6)
    noise = NormalDist().inv_cdf(limits.confidence) * refit["deviation"]
    bound = -round(limits.worse_than_champion + noise, 6)
    passed = difference >= bound
    words = "" if passed else ": learning every row has spoilt it; look at the newest rows for damage"
    return Verdict(
        name="refit",
        passed=passed,
        value=difference,
        bound=bound,
        reason=f"{metric} on test rows is {refit['judged']:.4f} as judged, {refit['served']:.4f} as served{words}",
    )


def _single_feature(about: Mapping[str, Any], limits: Limits) -> Verdict:
    alone = about["single_features"]
    name = max(alone, key=lambda it: alone[it])
    passed = alone[name] <= limits.single_feature
    words = "" if passed else ": it looks like a leak of the truth; leave it out, or raise model.limits.single_feature"
    return Verdict(
        name="single_feature",
        passed=passed,
        value=alone[name],
        bound=limits.single_feature,
        reason=f"{name} alone ranks validation rows with an area under the ROC curve of {alone[name]:.4f}, "
        f"{'within' if passed else 'beyond'} {limits.single_feature:g}{words}",
    )


def _champion(champion: Mapping[str, Any], limits: Limits) -> Verdict:
    version, metric, bound = champion["version"], champion["metric"], -limits.worse_than_champion
    if not champion["comparable"]:
        reason = f"no comparison with the champion {version}: {champion['reason']}"
        return Verdict(name="champion", passed=champion["excused"], value=None, bound=bound, reason=reason)
    figures = champion["metrics"][metric]
    passed = figures["at_least"] >= bound
    sure = f"with {limits.confidence:.0%} confidence"
    words = (
        f"not worse by more than {limits.worse_than_champion:g} {sure}"
        if passed
        else f"which may be worse by {-figures['at_least']:.4f} {sure}, more than {limits.worse_than_champion:g}"
    )
    return Verdict(
        name="champion",
        passed=passed,
        value=figures["at_least"],
        bound=bound,
        reason=f"{metric} is {figures['challenger']:.4f}, the champion {version} has {figures['champion']:.4f} "
        f"on the same {champion['rows']} rows: {words}",
    )


def _bias(bias: Mapping[str, Any]) -> Iterator[Verdict]:
    for facet in bias["headrace"]["facets"]:
        for name, verdict in facet["verdicts"].items():
            value, (low, high) = facet["metrics"][name], facet["bounds"][name]
            interval = " to ".join("infinity" if it is None else f"{it:.3f}" for it in facet["intervals"][name])
            who = f"{facet['field']} {facet['condition']}"
            yield Verdict(
                name=f"bias_{facet['field']}_{name}",
                passed=verdict != "beyond",
                value=value,
                bound=low if value is not None and value < low else high,
                reason=f"{name} for {who} has the 95 % interval {interval}: {verdict}"
                + (f" {low:g} to {high:g}" if verdict != "too few rows" else " for a verdict"),
            )


def _score_shift(judged: Mapping[str, Any], limits: Limits) -> Verdict:
    shift = judged["score_shift"]
    passed = shift is None or shift <= limits.score_shift
    said = "validation rows were not given" if shift is None else f"scores of validation and test lie {shift:.4f} apart"
    side = "within" if passed else "beyond"
    return Verdict(
        name="score_shift",
        passed=passed,
        value=shift,
        bound=limits.score_shift,
        reason=f"{said} (Kolmogorov-Smirnov), {side} {limits.score_shift:g}",
    )
