"""Ground truth on its stand-ins, at the edges."""

from lambda_fakes import FakeStore, FakeTable
from shard_records import START, record

from headrace.features import FeatureSet
from headrace.windows import LabelState, decode
from lambdas.ground_truth.logic import GroundTruth
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey
from usecases import load

FEATURES = FeatureSet(load("fraud"))
SOURCE = "labels#shardId-000000000000"
TERMINAL, CUSTOMER = EntityKey("terminal", "t1"), EntityKey("customer", "c1")
DAY = 86_400


def wired(**changes: object) -> tuple[GroundTruth, FakeTable, FakeStore]:
    table, store = FakeTable(), FakeStore()
    function = GroundTruth(**{"features": FEATURES, "reader": table, "writer": table, "lake": store, **changes})
    return function, table, store


def labels(*bodies: dict[str, object], first: int = 0) -> list[Record]:
    """Records that arrived two months after the start."""
    return [record(first + number, body, arrived_at=START + 60 * DAY) for number, body in enumerate(bodies)]


def held(table: FakeTable, features: FeatureSet = FEATURES) -> LabelState:
    state = decode(table.items[TERMINAL, SOURCE].data, features.layout("terminal", "labels"))
    assert isinstance(state, LabelState)
    return state
