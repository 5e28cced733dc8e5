"""Ground truth on its stand-ins."""

from lambda_fakes import FakeStore, FakeTable, Faults
from shard_records import START, record

from headrace.features import FeatureSet
from headrace.windows import LabelState, decode
from lambdas.ground_truth.logic import GroundTruth
from lambdas.shared.stream import Record
from lambdas.shared.window_state import EntityKey
from usecases import load

FEATURES = FeatureSet(load("fraud"))
SOURCE = "labels#shardId-000000000000"
TERMINAL = EntityKey("terminal", "t1")
COLLECTED = START + 7 * 86_400


def wired(faults: Faults | None = None, **changes: object) -> tuple[GroundTruth, FakeTable, FakeStore]:
    table, store = FakeTable(faults or Faults()), FakeStore(faults or Faults())
    function = GroundTruth(**{"features": FEATURES, "reader": table, "writer": table, "lake": store, **changes})
    return function, table, store


def held(table: FakeTable, key: EntityKey = TERMINAL) -> list[int]:
    state = decode(table.items[key, SOURCE].data, FEATURES.layout(key.entity, "labels"))
    assert isinstance(state, LabelState)
    return list(state.values)


def labels(*bodies: bytes | dict[str, object], arrived_at: float = COLLECTED) -> list[Record]:
    return [record(number, body, arrived_at=arrived_at) for number, body in enumerate(bodies)]
