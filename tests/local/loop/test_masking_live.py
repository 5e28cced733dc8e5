"""Numbers of cards and of social security reach no store and no log, in whatever field they come."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest
import stores_text
from rich.console import Console

import simulators
import usecases
from cli.api import InferenceApi
from cli.loop_run import run_deployed, started, synthesize
from cli.phases import Phases
from cli.producer import Record, event_records
from cli.simulated import plan_of
from headrace.identifiers import named_by

pytestmark = pytest.mark.nightly
START, STREAM_DAYS, PER_DAY = 1_767_225_600, 2, 100
REMOVED = "078-05-1120"
HASHED = "5500000000000004"
# None is the decimals of a simple fraction, which features are full of.
PLANTED = {
    "a field that is removed": REMOVED,
    "a field that is hashed": HASHED,
    "a field that nobody declared": "4111111111111111",
    "a field in clear": "4012888888881881",
    "a text in clear": "219-09-9999",
    "a field of another type": "123-45-6789",
    "no JSON": "6011000990139424",
    "a label": "5105105105105100",
    "a request": "6759649826438453",
}
KNOWN = "planted-patient"


def bent(event: Mapping[str, object]) -> list[Record]:
    """Events that carry such numbers where nobody masks them; all but the first are to be rejected."""
    documents = [
        {**event, "event_id": "stray", "card": PLANTED["a field that nobody declared"]},
        {**event, "event_id": "bent-1", "patient_id": PLANTED["a field in clear"]},
        {**event, "event_id": "bent-2", "ward_id": f"ward {PLANTED['a text in clear']}"},
        {**event, "event_id": "bent-3", "age": PLANTED["a field of another type"]},
    ]
    bodies = [*(json.dumps(it).encode() for it in documents), f'{{"pan": {PLANTED["no JSON"]}'.encode()]
    return [Record(body, KNOWN) for body in bodies]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[stores_text.Kept]]]:
    """What all stores of readmission hold after a run: trained, deployed, streamed, asked."""
    usecase, out = usecases.load("readmission"), tmp_path_factory.mktemp("masking")
    synthesize(usecase.name, out / "cdk.out")
    days = simulators.history_days(usecase.name)
    world = simulators.load(usecase.name)(start=START, days=days + STREAM_DAYS, per_day=PER_DAY, seed=3)
    at = START + days * 86_400
    first = world.index[world["timestamp"] >= at][0]
    world.loc[first, ["patient_id", "ssn", "name", "record_number"]] = [KNOWN, REMOVED, REMOVED, HASHED]
    plan = plan_of(usecase, world, at=at, out=out, asked_per_chunk=2)
    sent = json.loads(next(event_records(usecase, plan.events.head(1))).data)
    plan = replace(plan, malformed=lambda chunk: bent(sent) if chunk == 0 else [])
    phases = Phases(Console(file=io.StringIO()))
    with started(usecase, out / "cdk.out", out / "logs", phases) as (deployment, loop):
        wrong = {**sent, "labelled_at": at, usecase.label.field: 1, "patient_id": PLANTED["a label"]}
        loop.client("kinesis").put_record(
            StreamName=deployment.output("ingestion", "LabelsStreamName"), Data=json.dumps(wrong), PartitionKey="p"
        )
        run_deployed(plan, deployment, loop, phases)
        api = InferenceApi(deployment.output("serving", "ApiUrl"), deployment.session)
        refused = api.predict({**sent, "patient_id": PLANTED["a request"]})
        assert refused.status == 400
        yield {
            "lake": list(stores_text.objects(loop)),
            "state": list(stores_text.items(loop)),
            "queues": list(stores_text.messages(loop)),
            "logs": list(stores_text.logs(loop, out / "logs")),
        }


@pytest.mark.timeout(900)
def test_the_search_finds_what_is_there(kept: dict[str, list[stores_text.Kept]]) -> None:
    for store in ("lake", "state"):
        assert any(KNOWN.encode() in said for _, said in kept[store]), store
    assert any("/capture/" in where for where, _ in kept["lake"])
    assert any("/quarantine/" in where for where, _ in kept["lake"])
    assert kept["logs"]


@pytest.mark.timeout(900)
@pytest.mark.parametrize("place", sorted(PLANTED))
def test_a_number_reaches_no_store_and_no_log(kept: dict[str, list[stores_text.Kept]], place: str) -> None:
    number = PLANTED[place].encode()
    assert [where for every in kept.values() for where, said in every if number in said] == []


def test_what_is_planted_are_such_numbers() -> None:
    assert all(named_by(number) for number in PLANTED.values())
