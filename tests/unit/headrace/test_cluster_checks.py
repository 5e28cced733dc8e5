"""Machines that a training cannot use are refused when the use case is imported, with the reason."""

from collections.abc import Callable

import pytest

from headrace.errors import UseCaseError
from headrace.usecase import Cluster, Gate, Model, Transform

GATES = (Gate(metric="auc", minimum=0.5),)
PREPARED = (Transform(function="impute"), Transform(function="standardize"))
WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "none": (lambda: Cluster(instances=0), r"model\.cluster\.instances: is not from 1 to 20"),
    "too many": (lambda: Cluster(instances=21), r"model\.cluster\.instances: is not from 1 to 20"),
    "no time": (lambda: Cluster(timeout="20s"), r"model\.cluster\.timeout: is below 30 s"),
    "no duration": (lambda: Cluster(timeout="soon"), r"model\.cluster\.timeout"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_cluster_that_cannot_train_is_refused(name: str) -> None:
    make, message = WRONG[name]
    with pytest.raises(UseCaseError, match=message):
        make()


@pytest.mark.parametrize("algorithm", ["linear", "factorization_machine", "isolation_forest", "kmeans"])
def test_what_is_fitted_at_once_is_trained_on_one_instance(algorithm: str) -> None:
    reason = rf"model\.cluster\.instances: is 2, and {algorithm} is fitted to all of its rows at once"
    with pytest.raises(UseCaseError, match=reason):
        Model(algorithm=algorithm, transforms=PREPARED, gates=GATES, cluster=Cluster(instances=2))
    assert Model(algorithm=algorithm, transforms=PREPARED, gates=GATES, cluster=Cluster()).cluster.instances == 1


def test_boosted_trees_may_be_trained_on_several_instances() -> None:
    cluster = Model(gates=GATES, cluster=Cluster(instances=4, timeout="5m")).cluster
    assert (cluster.instances, cluster.timeout_s) == (4, 300)
    assert Model(gates=GATES).cluster.instances == 1
