"""What each model version answers to each question, computed beside the service.

Nothing is streamed during a load test, so window state stands still: it is read from its table, turned into vectors by
``headrace.features``, and every registered model is loaded from its artifact and asked. The service's own answers have
no part in it.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import cast

from cli.deployment import Deployment
from cli.loadtest.questions import Question
from cli.registered import model_of, packages
from headrace.features import FeatureSet, Vector
from headrace.schema import parse_event
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.state_reader import StateReader
from lambdas.shared.window_state import EntityKey, decode_states
from pipelines.jobs import inference

READERS = 8


@dataclass(frozen=True, slots=True)
class Expected:
    """A right answer."""

    score: float
    decision: str


Truth = dict[str, list[Expected]]
"""By model version, then by the question's position."""


def truth(deployment: Deployment, asked: Sequence[Question]) -> Truth:
    """The right answers of every registered model.

    Raises:
        HeadraceError: if state, registry or an artifact cannot be read.
    """
    instances = vectors(deployment, asked)
    found: Truth = {}
    for package in packages(deployment):
        answer = inference.predict_fn(inference.Request(instances=instances), model_of(deployment, package))
        pairs = zip(answer.scores.tolist(), answer.decisions, strict=True)
        found[answer.version] = [Expected(score, decision) for score, decision in pairs]
    return found


def vectors(deployment: Deployment, asked: Sequence[Question]) -> list[Vector]:
    """The feature vector of each question, from the state as it is stored."""
    features = FeatureSet(deployment.usecase)
    entities = deployment.usecase.entities
    events = [parse_event(deployment.usecase, question.body, unknown_fields="reject") for question in asked]
    keys = {EntityKey(entity.name, cast(str, event[entity.key])) for event in events for entity in entities}
    table = deployment.dynamodb
    layouts = Layouts(table, deployment.state_table, own=layouts_of(features))
    with ThreadPoolExecutor(READERS) as pool:
        reader = StateReader(table, deployment.state_table, usecase=deployment.usecase, executor=pool, layouts=layouts)
        stored = reader.query(sorted(keys))
    states = {key: decode_states(features, key, stored.get(key, ())) for key in keys}
    return [
        features.vector(event, {it.name: states[EntityKey(it.name, cast(str, event[it.key]))] for it in entities})
        for event in events
    ]
