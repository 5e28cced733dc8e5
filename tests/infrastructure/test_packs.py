"""Every pack of cdk-nag looks at every stack: findings have reasons, reasons have findings, and they are true."""

import pytest
from pack_findings import Acknowledged, Finding, Looked, look
from synthesized import Synthesized, text

from stacks.components.acknowledgement import CONTROL_PACKS

PACKS = ("AwsSolutions", *CONTROL_PACKS)


@pytest.fixture(scope="module")
def looked(tmp_path_factory: pytest.TempPathFactory) -> Looked:
    return look(tmp_path_factory.mktemp("packs") / "assembly", usecase="fraud", stage="prod")


@pytest.mark.parametrize("pack", PACKS)
def test_every_finding_of_a_pack_has_a_reason(looked: Looked, pack: str) -> None:
    assert looked.findings[pack]
    assert looked.unreasoned(pack) == []


def test_every_pack_is_asked(looked: Looked) -> None:
    assert set(looked.findings) == set(PACKS)


def test_every_reason_is_still_needed(looked: Looked) -> None:
    assert looked.said - looked.needed == set()


def test_every_reason_says_more_than_a_word(looked: Looked) -> None:
    for rule, reason in looked.said:
        assert len(reason.split()) >= 5 and reason.endswith("."), rule


def test_alarms_have_no_actions_because_a_rule_on_their_prefix_takes_them_all(prod: Synthesized) -> None:
    alarms = [(noun, it["Properties"]) for noun, _, it in prod.everything() if it["Type"] == "AWS::CloudWatch::Alarm"]
    assert alarms
    for noun, alarm in alarms:
        assert "AlarmName" not in alarm or text(alarm["AlarmName"]).startswith(f'"{prod.prefix}-'), noun
    rules = [text(it["EventPattern"]) for it in prod.resources("observability", "AWS::Events::Rule")]
    assert sum(f'{{"prefix": "{prod.prefix}-"}}' in it and "ALARM" in it for it in rules) == 2


def test_functions_need_no_dead_letter_setting_because_nobody_invokes_them_without_waiting(prod: Synthesized) -> None:
    """Rules, topics and buckets would; each needs a permission. Every mapping of a stream has its own dead letters."""
    principals = {
        it["Properties"]["Principal"] for _, _, it in prod.everything() if it["Type"] == "AWS::Lambda::Permission"
    }
    assert principals == {"apigateway.amazonaws.com"}
    mappings = [it["Properties"] for _, _, it in prod.everything() if it["Type"] == "AWS::Lambda::EventSourceMapping"]
    assert len(mappings) >= 4
    for mapping in mappings:
        of_stream = "StartingPosition" in mapping
        assert not of_stream or mapping["DestinationConfig"]["OnFailure"]["Destination"]


def test_functions_need_no_reserved_share_because_what_drives_them_is_bounded(prod: Synthesized) -> None:
    for _, _, it in prod.everything():
        if it["Type"] == "AWS::Lambda::EventSourceMapping":
            mapping = it["Properties"]
            bounded = mapping.get("ParallelizationFactor") == 1 or mapping["ScalingConfig"]["MaximumConcurrency"] <= 10
            assert bounded, mapping
    shares = {
        it["Handler"].split(".")[1]: it.get("ReservedConcurrentExecutions")
        for it in prod.resources("serving", "AWS::Lambda::Function")
    }
    assert shares["inference"]


def test_tables_need_no_backup_plan_because_each_second_of_them_is_kept(prod: Synthesized) -> None:
    tables = [it["Properties"] for _, _, it in prod.everything() if it["Type"] == "AWS::DynamoDB::Table"]
    assert len(tables) == 2
    for table in tables:
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert table["DeletionProtectionEnabled"] is True


def test_policies_are_of_one_role_each(prod: Synthesized) -> None:
    for _, logical_id, it in prod.everything():
        if it["Type"] == "AWS::IAM::Policy":
            assert len(it["Properties"]["Roles"]) == 1, logical_id
            assert not {"Users", "Groups"} & it["Properties"].keys(), logical_id


def test_functions_need_no_network_because_nothing_reaches_into_them(prod: Synthesized) -> None:
    """No function has an address of its own."""
    assert not [it for _, _, it in prod.everything() if it["Type"] == "AWS::Lambda::Url"]


def test_a_reason_covers_its_own_construct_and_no_other() -> None:
    said = Acknowledged(rule="HIPAA.Security-A", path="lake/Logs", reason="R")
    assert said.covers(Finding(rule="HIPAA.Security-A", path="lake/Logs/Resource"))
    assert not said.covers(Finding(rule="HIPAA.Security-A", path="lake/LogsOfMore/Resource"))
    assert not said.covers(Finding(rule="PCI.DSS.321-A", path="lake/Logs/Resource"))
    assert said.shared == "A"
