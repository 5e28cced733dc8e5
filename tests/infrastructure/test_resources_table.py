"""docs/resources.md says of every resource type what proves it; this holds the table to templates and emulator."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from synthesized import Synthesized

ROOT = Path(__file__).resolve().parents[2]
_INERT = """
import json
from local.emulator import inert_types, registry
inert_types.register()
inert = {name for name, it in registry.resource_types.items() if it.inert} | set(inert_types.RECORDED_BY_MINISTACK)
print(json.dumps(sorted(inert)))
"""


@pytest.fixture(scope="module")
def table() -> dict[str, dict[str, str]]:
    names = ("stack", "locally", "asserted", "test")
    rows = [line.strip("| ").split("|") for line in (ROOT / "docs" / "resources.md").read_text().splitlines()]
    return {
        row[0].strip(): dict(zip(names, (cell.strip() for cell in row[1:]), strict=False))
        for row in rows
        if row[0].startswith("AWS::")
    }


def test_the_table_names_every_type_and_its_stacks(prod: Synthesized, table: dict[str, dict[str, str]]) -> None:
    stacks: dict[str, set[str]] = {}
    for noun, _, resource in prod.everything():
        stacks.setdefault(resource["Type"], set()).add(noun)
    assert {type_: set(row["stack"].split(", ")) for type_, row in table.items()} == stacks


def test_every_stage_has_the_same_types(synth, prod: Synthesized) -> None:
    types = {resource["Type"] for _, _, resource in prod.everything()}
    for stage in ("dev", "staging", "local"):
        assert {resource["Type"] for _, _, resource in synth(stage).everything()} == types


def test_nobody_takes_a_recorded_resource_for_an_executed_one(table: dict[str, dict[str, str]]) -> None:
    answer = subprocess.run([sys.executable, "-c", _INERT], cwd=ROOT, capture_output=True, text=True, check=True)
    inert = set(json.loads(answer.stdout)) & table.keys()
    assert {type_ for type_, row in table.items() if row["locally"] == "recorded"} == inert


def test_what_a_row_claims_is_asserted_stands_in_the_test_it_names(table: dict[str, dict[str, str]]) -> None:
    for type_, row in table.items():
        body = (ROOT / "tests" / "infrastructure" / row["test"]).read_text()
        if row["asserted"]:
            assert type_ in body, type_


def test_what_is_only_recorded_is_asserted_whole(table: dict[str, dict[str, str]]) -> None:
    assert {row["asserted"] for row in table.values() if row["locally"] == "recorded"} == {"everything"}
