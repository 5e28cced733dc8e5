"""The inference function's wiring."""

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from aws_lambda_powertools import Logger

from lambdas.inference.logic import Inference
from lambdas.inference.report import Report
from lambdas.inference.settings import Settings
from lambdas.inference.tenants import TenantScorers
from lambdas.shared.breaker import Breaker
from lambdas.shared.clients import Profile, client, single_attempt
from lambdas.shared.endpoint import SageMakerEndpoint
from lambdas.shared.guarded import GuardedEndpoint, GuardedStates
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.loading import features
from lambdas.shared.scoring import Scorer
from lambdas.shared.state_reader import StateReader
from lambdas.shared.window_state import EntityKey, Stored

_ATTEMPTS = 2
"""Tries within each of the two time limits."""
_FEW = 8
_CALLS = 8
"""Calls to the state table in flight at once."""


class EntityStates:
    """Window state of the entities of a request: of few, queried at the same time; of many, read by the hundred."""

    def __init__(self, reader: StateReader) -> None:
        self._reader = reader

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        """Every stored state of each entity. Raises RetryableError or DependencyError."""
        wanted = list(keys)
        return self._reader.query(wanted) if len(wanted) <= _FEW else self._reader.read(wanted)


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
    executor = ThreadPoolExecutor(_CALLS)
    patience = single_attempt(its.state_timeout_s / _ATTEMPTS)
    table = client(
        "dynamodb",
        Profile(
            connect_timeout_s=patience.connect_timeout_s, read_timeout_s=patience.read_timeout_s, attempts=_ATTEMPTS
        ),
    )
    layouts = Layouts(table, its.state_table, own=layouts_of(compiled))
    call_s = its.endpoint_timeout_s / _ATTEMPTS
    runtime = client("sagemaker-runtime", single_attempt(call_s))

    def scorer(model: str | None = None) -> Scorer:
        endpoint = SageMakerEndpoint(runtime, its.endpoint_name, target_model=model) if its.endpoint_name else None
        guarded = GuardedEndpoint(endpoint, Breaker()) if endpoint else None
        return Scorer(endpoint=guarded, call_s=call_s, deadline_s=its.endpoint_timeout_s)

    return Inference(
        features=compiled,
        reader=GuardedStates(
            EntityStates(
                StateReader(table, its.state_table, usecase=compiled.usecase, executor=executor, layouts=layouts)
            ),
            Breaker(),
        ),
        scorer=scorer() if compiled.usecase.serving.tenant is None else TenantScorers(scorer),
    )
