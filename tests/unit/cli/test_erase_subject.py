"""Whose data is looked for: by which field, under which values, and what is refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from botocore.stub import Stubber
from erasable_site import asked

import usecases
from cli.deployment import Deployment
from cli.erase.command import walk
from cli.erase.subject import _mask_key, subject_of
from headrace.errors import UseCaseError
from headrace.masking import mask
from headrace.usecase import Compliance


def test_a_hashed_field_is_found_by_the_platforms_own_key(site: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = site.session.client("secretsmanager").create_secret(Name="mask", SecretString="key")["ARN"]
    with Stubber(site.cloudformation) as stub:
        summary = {
            "LogicalResourceId": "MaskKey",
            "ResourceType": "AWS::SecretsManager::Secret",
            "PhysicalResourceId": secret,
            "ResourceStatus": "CREATE_COMPLETE",
            "LastUpdatedTimestamp": "2030-01-01T00:00:00Z",
        }
        stub.add_response("list_stack_resources", {"StackResourceSummaries": [summary]})
        key = _mask_key(site)
    assert key == b"key"
    monkeypatch.setattr("cli.erase.subject._mask_key", lambda _: key)
    patients = Deployment(usecases.load("readmission"), "local", {}, site.session)
    found = subject_of(patients, "R-7", "record_number")
    assert found.values == {"R-7", mask("R-7", b"key")}
    assert found.is_of({"record_number": mask("R-7", b"key")})


def test_the_subject_that_a_use_case_names_is_looked_for_where_no_field_is_given(site: Deployment) -> None:
    fraud = usecases.load("fraud")
    named = replace(fraud, compliance=Compliance(profiles=("gdpr",), subject="terminal_id"))
    assert subject_of(replace(site, usecase=named), "t1", None).field == "terminal_id"
    assert subject_of(replace(site, usecase=fraud), "c1", None).field == "customer_id"


@pytest.mark.parametrize(
    ("subject", "field", "message"),
    [("", None, "--subject: is empty"), ("c1", "colour", "--field: 'colour' is no field of fraud")],
)
def test_wrong_options_are_named(
    site: Deployment, tmp_path: Path, subject: str, field: str | None, message: str
) -> None:
    with pytest.raises(UseCaseError, match=message):
        walk(site, asked("erase", tmp_path, subject, field))


def test_a_field_that_is_no_entitys_key_has_neither_state_nor_records(site: Deployment, tmp_path: Path) -> None:
    made = walk(site, asked("export", tmp_path, "e2", "event_id"))
    assert "window state" not in made["found"]
    assert made["found"]["events"] == 1
