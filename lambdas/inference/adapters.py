"""The inference function's wiring, and the HTTP API's event as a request."""

import base64
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from lambdas.inference.logic import Inference, Request
from lambdas.inference.settings import Settings
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


class EntityStates:
    """Window state of the few entities of one event, queried at the same time."""

    def __init__(self, reader: StateReader) -> None:
        self._reader = reader

    def read(self, keys: Iterable[EntityKey]) -> Stored:
        """Every stored state of each entity. Raises RetryableError or DependencyError."""
        return self._reader.query(keys)


def request_of(event: APIGatewayProxyEventV2) -> Request:
    """The request in an HTTP API event (payload format 2.0)."""
    body = event.body or ""
    return Request(
        method=event.http_method,
        path=event.path,
        content_type=event.headers.get("content-type"),
        body=base64.b64decode(body) if event.is_base64_encoded else body.encode(errors="surrogatepass"),
    )


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> Inference:
    """The function, wired to AWS; once per process."""
    its = settings()
    compiled = features(its.usecase)
    executor = ThreadPoolExecutor(len(compiled.usecase.entities))
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
    return Inference(
        features=compiled,
        reader=GuardedStates(
            EntityStates(
                StateReader(table, its.state_table, usecase=compiled.usecase, executor=executor, layouts=layouts)
            ),
            Breaker(),
        ),
        scorer=Scorer(
            endpoint=GuardedEndpoint(SageMakerEndpoint(runtime, its.endpoint_name), Breaker())
            if its.endpoint_name
            else None,
            call_s=call_s,
            deadline_s=its.endpoint_timeout_s,
        ),
    )
