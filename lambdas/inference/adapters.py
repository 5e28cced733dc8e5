"""The inference function's wiring."""

import os
from collections.abc import Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import cache

from aws_lambda_powertools import Logger

from headrace.errors import RetryableError
from headrace.features import FeatureSet
from headrace.usecase import UseCase
from lambdas.inference.intake import Intake
from lambdas.inference.lake_queue import GuardedQueue, LakeQueue
from lambdas.inference.logic import Inference
from lambdas.inference.report import Report
from lambdas.inference.settings import Settings
from lambdas.inference.surroundings import Surroundings
from lambdas.inference.tenants import TenantScorers
from lambdas.shared.breaker import Breaker
from lambdas.shared.clients import client, single_attempt
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.guarded import GuardedEndpoint, GuardedReadings, GuardedStates
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.loading import features
from lambdas.shared.lookup_table import lookups_of
from lambdas.shared.scoring import Scorer
from lambdas.shared.state_reader import StateReader
from lambdas.shared.window_state import EntityKey, Stored

_ATTEMPTS = 2
"""Tries within each of the two time limits."""
_FEW = 8
_CALLS = 8
"""Calls to the state table in flight at once."""
_HANDED = 16
"""Events handed in to an asynchronous endpoint at once: three calls each."""
_READINGS = 2
"""Readings of many entities at once: one more than is asked for, beside one that was given up."""


class EntityStates:
    """Window state of the entities of a request: of few, queried at the same time; of many, read by the hundred."""

    def __init__(self, reader: StateReader, *, executor: Executor, patience_s: float) -> None:
        """Make it.

        Args:
            reader: whose client ends each call in time.
            executor: one for this alone: a reading that takes too long keeps its thread until its calls end.
            patience_s: the longest that many entities may take together.
        """
        self._reader, self._executor, self._patience_s = reader, executor, patience_s

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        """Every stored state of each entity. Raises RetryableError or DependencyError."""
        wanted = list(keys)
        if len(wanted) <= _FEW:
            return self._reader.query(wanted)
        reading = self._executor.submit(self._reader.read, wanted)
        try:
            return reading.result(self._patience_s)
        except TimeoutError as exc:
            raise RetryableError("reading window state takes too long") from exc


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def reporter(logger: Logger) -> Report:
    """What reports this process's answers."""
    its = settings()
    return Report(logger, its, features(its.usecase).usecase.api)


@cache
def connect() -> Inference:
    """The function, wired to AWS; once per process."""
    its = settings()
    compiled = features(its.usecase)
    call_s = its.endpoint_timeout_s / _ATTEMPTS
    runtime = client("sagemaker-runtime", single_attempt(call_s))

    def scorer(model: str | None = None) -> Scorer:
        endpoint = SageMakerEndpoint(runtime, its.endpoint_name, target_model=model) if its.endpoint_name else None
        guarded = GuardedEndpoint(endpoint, Breaker()) if endpoint else None
        return Scorer(endpoint=guarded, call_s=call_s, deadline_s=its.endpoint_timeout_s)

    return Inference(
        features=compiled,
        reader=GuardedStates(_states(its, compiled), Breaker()),
        scorer=scorer() if compiled.usecase.serving.tenant is None else TenantScorers(scorer),
        surroundings=_surroundings(its, compiled.usecase),
        intake=_intake(its, call_s) if compiled.usecase.serving.kind == "asynchronous" else None,
    )


def _intake(its: Settings, call_s: float) -> Intake:
    patience = single_attempt(call_s)._replace(connections=_HANDED)
    queue = LakeQueue(
        client("s3", patience),
        client("sagemaker-runtime", patience),
        bucket=its.lake_bucket,
        endpoint=its.endpoint_name,
    )
    return Intake(
        queue=GuardedQueue(queue, Breaker()), executor=ThreadPoolExecutor(_HANDED), deadline_s=its.endpoint_timeout_s
    )


def _states(its: Settings, compiled: FeatureSet) -> EntityStates:
    patience = single_attempt(its.state_timeout_s / _ATTEMPTS)
    table = client("dynamodb", patience._replace(attempts=_ATTEMPTS))
    reader = StateReader(
        table,
        its.state_table,
        usecase=compiled.usecase,
        executor=ThreadPoolExecutor(_CALLS),
        layouts=Layouts(table, its.state_table, own=layouts_of(compiled)),
    )
    return EntityStates(reader, executor=ThreadPoolExecutor(_READINGS), patience_s=its.state_timeout_s)


def _surroundings(its: Settings, usecase: UseCase) -> Surroundings | None:
    patience = single_attempt(its.state_timeout_s / _ATTEMPTS)._replace(attempts=_ATTEMPTS)
    lookups = lookups_of(
        usecase,
        client("dynamodb", patience),
        its.lookup_table,
        ThreadPoolExecutor(_CALLS),
        guard=lambda store: GuardedReadings(store, Breaker()),
    )
    if lookups is None:
        return None
    return Surroundings(lookups, executor=ThreadPoolExecutor(_READINGS), patience_s=its.state_timeout_s)
