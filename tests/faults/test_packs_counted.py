"""Every use case under every pack of cdk-nag: what is found is counted, and each finding has its reason."""

from pathlib import Path

import pytest
import tally
from pack_findings import look

import usecases
from stacks.stage import STAGES

pytestmark = [pytest.mark.trust, pytest.mark.timeout(300)]
NETWORK = {"subnets": "subnet-0000001a,subnet-0000002b", "security_groups": "sg-0000003c"}
PLACES = [*((name, "prod") for name in usecases.names()), *(("fraud", it) for it in STAGES if it != "prod")]


@pytest.mark.parametrize(("usecase", "stage"), PLACES)
def test_nothing_is_found_without_a_reason(usecase: str, stage: str, tmp_path: Path) -> None:
    private = usecases.load(usecase).compliance.demands.private
    looked = look(tmp_path / "assembly", usecase=usecase, stage=stage, **(NETWORK if private else {}))
    for pack, found in looked.findings.items():
        open_ = looked.unreasoned(pack)
        tally.stacks_checked[pack] += 1
        tally.findings[pack] += len(found)
        tally.unreasoned[pack] += len(open_)
        assert open_ == []
