"""A use case that trains on several machines gets them, and each its share of the rows; nothing else changes."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from job_runs import MakeDefinition

from headrace.usecase import Between, Cluster, Tuning, UseCase
from pipelines.retraining import expressions
from pipelines.retraining.plan import DefinitionError, Network
from pipelines.retraining.sizes import MACHINES, most_rows, training_size


def clustered(usecase: UseCase, instances: int, **changes: Any) -> UseCase:
    return replace(usecase, model=replace(usecase.model, cluster=Cluster(instances=instances), **changes))


def distributions(arguments: dict[str, Any]) -> dict[str, str]:
    sources = {it["ChannelName"]: it["DataSource"]["S3DataSource"] for it in arguments["InputDataConfig"]}
    return {name: source["S3DataDistributionType"] for name, source in sources.items()}


def differences(one: Any, other: Any, where: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one | other:
            yield from differences(one.get(key), other.get(key), f"{where}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for position, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{where}[{position}]")
    elif one != other:
        yield where, one, other


def test_one_instance_and_several_differ_in_their_number_and_in_who_gets_which_rows(
    rendered: dict[str, Any], make_definition: MakeDefinition, fraud: UseCase
) -> None:
    assert clustered(fraud, 1) == fraud
    several = make_definition(usecase=clustered(fraud, 3))
    train = ".Steps[1].Arguments"
    source = "DataSource.S3DataSource.S3DataDistributionType"
    assert set(differences(rendered, several)) == {
        (f"{train}.ResourceConfig.InstanceCount", 1, 3),
        (f"{train}.InputDataConfig[0].{source}", "FullyReplicated", "ShardedByS3Key"),
        (f"{train}.InputDataConfig[2].{source}", "FullyReplicated", "ShardedByS3Key"),
    }


def test_every_candidate_of_a_search_is_trained_on_all_machines_which_share_rows_and_not_code(
    make_definition: MakeDefinition, fraud: UseCase
) -> None:
    searching = clustered(fraud, 2, tuning=Tuning(ranges={"eta": Between(0.01, 0.3)}))
    definition = make_definition(usecase=searching, network=Network(isolated=True, encrypted=True))
    (step,) = [it for it in expressions.steps(definition) if it["Name"] == "Tune"]
    job = step["Arguments"]["TrainingJobDefinition"]
    assert job["ResourceConfig"]["InstanceCount"] == 2
    assert job["EnableInterContainerTrafficEncryption"] is True
    assert distributions(job) == {
        "train": "ShardedByS3Key",
        "validation": "FullyReplicated",
        "all": "ShardedByS3Key",
        "code": "FullyReplicated",
    }


def test_machines_that_share_the_rows_may_be_smaller() -> None:
    assert Cluster().held(0.15) == 1
    held = Cluster(instances=4).held(0.15)
    assert held == pytest.approx(0.15 + 0.85 / 4)
    alone, together = most_rows(features=40), most_rows(features=40, held=held)
    assert [together[name] for name, _ in MACHINES] == [int(alone[name] / held) for name, _ in MACHINES]
    rows = alone["ml.m5.24xlarge"]
    assert training_size(rows=rows, features=40).instance_type == "ml.m5.24xlarge"
    size = training_size(rows=rows, features=40, held=held)
    assert size.instance_type == "ml.m5.12xlarge"
    assert rows * held * 40 * 8 / 1e9 <= size.volume_gb < training_size(rows=rows, features=40).volume_gb
    with pytest.raises(DefinitionError, match=r"train on several \(model\.cluster\)"):
        training_size(rows=rows + 1, features=40)
