"""Enrichment on its stand-ins."""

from lambda_fakes import FakeEndpoint, FakeLog, FakeStore, FakeTable
from shard_records import record

from headrace.features import FeatureSet
from lambdas.enrichment.logic import Enrichment
from lambdas.shared.scoring import Scorer
from lambdas.shared.window_state import EntityKey
from usecases import load

FEATURES = FeatureSet(load("fraud"))
CUSTOMER, TERMINAL = EntityKey("customer", "c1"), EntityKey("terminal", "t1")


def wired(endpoint: FakeEndpoint | None = None, features: FeatureSet = FEATURES, mask_key: bytes = b"") -> Enrichment:
    table = FakeTable()
    return Enrichment(
        features=features,
        reader=table,
        writer=table,
        log=FakeLog(),
        quarantine=FakeStore(),
        mask_key=mask_key,
        clock=lambda: record(1, b"").arrived_at + 0.25,
        scorer=Scorer(endpoint=endpoint, call_s=1, deadline_s=2, sleep=lambda _: None) if endpoint else None,
    )


def parts(function: Enrichment) -> tuple[FakeTable, FakeLog, FakeStore]:
    assert isinstance(function.writer, FakeTable)
    assert isinstance(function.log, FakeLog)
    assert isinstance(function.quarantine, FakeStore)
    return function.writer, function.log, function.quarantine
