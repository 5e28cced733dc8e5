"""The training job's own script on two machines, each a process with half of the rows: one model, or one reason."""

import json
import signal
from collections.abc import Iterator

import numpy as np
import pytest
from machines import NAMES, Job, Machine, free_port, make_rows
from sklearn.metrics import average_precision_score

import usecases
from headrace.usecase import UseCase
from pipelines.jobs import inference, training_set

pytestmark = pytest.mark.nightly
WITHIN_S = 120


@pytest.fixture(scope="module")
def fraud() -> UseCase:
    return usecases.load("fraud")


@pytest.fixture(scope="module")
def job(fraud: UseCase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Job]:
    prepared = Job.prepare(fraud, tmp_path_factory.mktemp("machines"))
    yield prepared
    for machine in prepared.started:
        machine.process.kill()
        machine.process.communicate()


@pytest.fixture(scope="module")
def alone(job: Job) -> Machine:
    machine = job.start("localhost", hosts=("localhost",), port=free_port(), folder="alone")
    assert machine.wait(within_s=WITHIN_S)[0] == 0
    return machine


@pytest.fixture(scope="module")
def first(job: Job) -> Machine:
    """The first of two machines that have trained together; the second has only learned."""
    first, second = job.start_all("together")
    (code, printed), (other_code, other_printed) = (it.wait(within_s=WITHIN_S) for it in (first, second))
    assert (code, other_code) == (0, 0), printed + other_printed
    assert not (second.root / "model").exists()
    assert not (second.root / "checkpoints").exists()
    assert "validation-average-precision" in printed
    assert "validation-average-precision" not in other_printed
    return first


def test_two_machines_make_the_model_that_one_makes_of_all_rows(first: Machine, alone: Machine, fraud: UseCase) -> None:
    fresh = make_rows(fraud, 4_000, seed=9)
    rows, labels = training_set.matrix(fresh, fraud.feature_names), training_set.labels(fresh)
    for which in ("", "judged"):  # the served model and the judged one
        one, two = (inference.model_fn(str(it.root / "model" / which)).scores(rows) for it in (alone, first))
        np.testing.assert_allclose(one, two, atol=1e-6)
        assert average_precision_score(labels, two) == pytest.approx(average_precision_score(labels, one), abs=1e-6)
        assert average_precision_score(labels, two) > 0.3  # of which a tenth is positive


def test_what_the_artifact_says_of_its_rows_is_of_all_machines(first: Machine, alone: Machine) -> None:
    said, expected = (json.loads((it.root / "model" / "headrace.json").read_text()) for it in (first, alone))
    assert said.pop("instances") == len(NAMES)
    for name in ("data", "learned", "best_iteration", "rounds", "features", "columns", "odds", "threshold"):
        assert said[name] == expected[name]
    for split, figures in expected["metrics"].items():
        assert said["metrics"][split] == pytest.approx(figures, abs=1e-6)
    # Bins of single features are quantiles of all rows, here of rows in another order.
    assert said["single_features"] == pytest.approx(expected["single_features"], abs=1e-6)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_machine_that_dies_or_stalls_ends_the_job_with_a_reason(how: signal.Signals, job: Job) -> None:
    first, second = job.start_all(how.name, host_timeout_s=15, num_round=20_000, early_stopping_rounds=0)
    assert first.process.stdout
    while "validation-average-precision" not in (line := first.process.stdout.readline()):
        assert line
    second.process.send_signal(how)
    code, printed = first.wait(within_s=60)
    assert code == 1, printed
    assert f"127.0.0.1 trains together with {NAMES[1]}, and " in first.reason
    assert "was lost" in first.reason
    assert not (first.root / "model").exists()


@pytest.mark.parametrize("missing", [0, 1])
def test_a_machine_that_never_comes_ends_the_job_within_the_timeout(missing: int, job: Job) -> None:
    folder = f"missing {missing}"
    machine = job.start(NAMES[1 - missing], hosts=NAMES, port=free_port(), folder=folder, host_timeout_s=6)
    code, printed = machine.wait(within_s=60)
    assert code == 1, printed
    assert "did not come within 6 s" in machine.reason


@pytest.mark.parametrize("broken", [0, 1])
def test_a_machine_with_a_wrong_share_says_so_and_the_other_that_it_lost_it(broken: int, job: Job) -> None:
    machines = job.start_all(f"broken {broken}", host_timeout_s=30)
    (share,) = (machines[broken].root / "data" / "train").iterdir()
    share.unlink()
    ends = [machine.wait(within_s=60) for machine in machines]
    assert [code for code, _ in ends] == [1, 1], ends
    assert "no *.parquet files below" in machines[broken].reason
    assert f"{NAMES[broken]} was lost" in machines[1 - broken].reason
