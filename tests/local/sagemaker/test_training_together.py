"""Machines that train together grow the trees that one machine grows from all rows; here they are threads."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from pipelines.jobs.algorithms import Rows
from pipelines.jobs.boosting import Progress, Schedule, fit, grow
from pipelines.jobs.hosts import HostError, Hosts
from pipelines.jobs.together import Group, run

NAMES = ("127.0.0.1", "127.0.0.2")  # only the first is asked for its address
PARAMETERS = {"max_depth": 4, "eta": 0.2, "colsample_bytree": 0.7, "seed": 7, "nthread": 1}
SCHEDULE = Schedule(rounds=60, patience=4, save_every=5)
Anything = TypeVar("Anything")


def sample(seed: int, rows: int = 2_000) -> Rows:
    """Rows whose features have fewer values than there are bins, so that bins do not depend on who holds which row."""
    rng = np.random.default_rng(seed)
    features = rng.integers(0, 60, (rows, 6)).astype(np.float32)
    labels = (features[:, 0] + features[:, 1] + rng.normal(0, 12, rows) > 85).astype(np.int8)
    return Rows(features=features, labels=labels)


def numbers(seed: int, rows: int = 8_000) -> Rows:
    """Rows whose features have a value of their own each."""
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(rows, 6)).astype(np.float32)
    return Rows(
        features=features, labels=(features[:, 0] + features[:, 1] + rng.normal(0, 0.8, rows) > 0.6).astype(np.int8)
    )


def together(work: Callable[[Group], Anything]) -> list[Anything]:
    """What two machines make of the same work."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def machine(name: str) -> Anything:
        return run(Hosts(names=NAMES, current=name, port=port), work, timeout_s=20)

    with ThreadPoolExecutor(max_workers=len(NAMES)) as machines:
        return list(machines.map(machine, NAMES))


def share(rows: Rows, group: Group) -> Rows:
    place = group.hosts.place
    return Rows(features=rows.features[place::2], labels=rows.labels[place::2])


def trees(progress: Progress) -> bytes:
    return bytes(progress.booster.save_raw("ubj"))


def test_trees_grown_together_score_as_those_of_one_machine_and_stop_in_the_same_round() -> None:
    alone = fit(PARAMETERS, sample(1), sample(2), SCHEDULE)
    first, second = together(lambda group: fit(PARAMETERS, share(sample(1), group), sample(2), SCHEDULE, group=group))
    assert trees(first) == trees(second)
    assert first.history == second.history == pytest.approx(alone.history, abs=1e-6)
    assert len(alone.history) < SCHEDULE.rounds
    fresh = sample(3).features
    assert first.booster.inplace_predict(fresh) == pytest.approx(alone.booster.inplace_predict(fresh), abs=1e-6)


def test_rows_drawn_and_bins_cut_machine_by_machine_give_another_model_of_the_same_quality() -> None:
    given, train, held_out = {**PARAMETERS, "subsample": 0.7, "max_bin": 64}, numbers(1), numbers(2)
    schedule = Schedule(rounds=25, patience=4)
    alone = fit(given, train, held_out, schedule)
    first, second = together(lambda group: fit(given, share(train, group), held_out, schedule, group=group))
    assert trees(first) == trees(second)
    fresh = numbers(3)
    one, two = (it.booster.inplace_predict(fresh.features) for it in (alone, first))
    assert two != pytest.approx(one, abs=1e-3)
    # Of 8,000 rows, a third of them positive, the figure's standard error is about .008.
    quality = average_precision_score(fresh.labels, one)
    assert 0.7 < quality < 0.99
    assert average_precision_score(fresh.labels, two) == pytest.approx(quality, abs=0.016)


def test_a_share_alone_is_not_as_good() -> None:
    """So that the test above can fail: what one machine learns of its share is another model."""
    alone = fit(PARAMETERS, sample(1), sample(2), SCHEDULE)
    half = Rows(features=sample(1).features[::2], labels=sample(1).labels[::2])
    apart = fit(PARAMETERS, half, sample(2), SCHEDULE)
    fresh = sample(3).features
    assert apart.booster.inplace_predict(fresh) != pytest.approx(alone.booster.inplace_predict(fresh), abs=1e-2)


def test_the_first_machine_saves_and_all_go_on_from_what_it_saved(tmp_path: Path) -> None:
    def cut_off(group: Group) -> Progress:
        schedule = Schedule(rounds=12, patience=50, save_every=5)
        folder = tmp_path / str(group.hosts.place)
        return fit(PARAMETERS, share(sample(1), group), sample(2), schedule, checkpoint=folder, group=group)

    def resumed(group: Group) -> Progress:
        schedule = Schedule(rounds=20, patience=50, save_every=5)
        folder = tmp_path / str(group.hosts.place)
        return fit(PARAMETERS, share(sample(1), group), sample(2), schedule, checkpoint=folder, group=group)

    together(cut_off)
    assert [it.name for it in tmp_path.iterdir()] == ["0"]
    first, second = together(resumed)
    whole = fit(PARAMETERS, sample(1), sample(2), Schedule(rounds=20, patience=50, save_every=5))
    assert trees(first) == trees(second)
    assert first.history == pytest.approx(whole.history, abs=1e-6)


def test_growing_again_is_done_together_as_well() -> None:
    schedule = Schedule(rounds=9, patience=0)
    alone = grow(PARAMETERS, sample(1), schedule)
    first, second = together(lambda group: grow(PARAMETERS, share(sample(1), group), schedule, group=group))
    assert bytes(first.save_raw("ubj")) == bytes(second.save_raw("ubj"))
    fresh = sample(3).features
    assert first.inplace_predict(fresh) == pytest.approx(alone.inplace_predict(fresh), abs=1e-6)


def test_machines_know_what_all_of_them_hold() -> None:
    def ask(group: Group) -> tuple[list[int], list[int], int, np.ndarray]:
        place = group.hosts.place
        own = np.arange(10) * 2 + place
        return (
            group.total(np.array([place, 1])).tolist(),
            group.most(np.array([-place, place])).tolist(),
            group.first(lambda: place),
            group.spread(own, 4),
        )

    for total, most, first, spread in together(ask):
        assert (total, most, first) == ([1, 2], [0, 1], 0)
        assert spread.tolist() == [0, 10, 1, 11]


def test_a_machine_alone_joins_nobody() -> None:
    def ask(group: Group) -> tuple[bool, list[int], list[int]]:
        return group.alone, group.total(np.array([3])).tolist(), group.spread(np.arange(7), 3).tolist()

    assert run(Hosts(), ask, timeout_s=1) == (True, [3], [0, 3, 6])


def test_machines_are_those_that_the_container_names() -> None:
    hosts = Hosts.of({"SM_HOSTS": '["algo-2", "algo-1"]', "SM_CURRENT_HOST": "algo-2"})
    assert (hosts.names, hosts.place, hosts.leads) == (("algo-1", "algo-2"), 1, False)
    assert Hosts.of({"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-1"}).leads
    assert Hosts.of({}) == Hosts()
    with pytest.raises(HostError, match="SM_CURRENT_HOST is algo-3"):
        Hosts.of({"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-3"})
