"""Profiles refuse what contradicts them, by field and fix, and let nothing through that names somebody in clear."""

import json
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

import usecases
from headrace.errors import RejectedError, UseCaseError
from headrace.identifiers import named_by
from headrace.masking import keepable
from headrace.schema import parse_event
from headrace.usecase import Api, Compliance, Entity, Field, Profile, Serving, UsagePlan, UseCase
from headrace.usecase.compliance import EU_REGIONS
from headrace.usecase.controls import CONTROLS, controls

PAN, SSN = "4111111111111111", "078-05-1120"
_FRAUD = usecases.load("fraud")
EXTRA = (
    Field(name="card_number", type="string", required=False, privacy="hash", sensitive="pan"),
    Field(name="note", type="string", required=False),
)


def profiled(
    *profiles: str, fields: tuple[Field, ...] = EXTRA, subject: str | None = "customer_id", **changes
) -> UseCase:
    shape = replace(_FRAUD.event, fields=(*_FRAUD.event.fields, *fields))
    return replace(_FRAUD, event=shape, compliance=Compliance(profiles=profiles, subject=subject), **changes)


def event(**changes: object) -> bytes:
    usual = {"event_id": "e1", "timestamp": 1_700_000_000, "customer_id": "c1", "terminal_id": "t1", "amount": 5.0}
    return json.dumps({**usual, **changes}).encode()


@pytest.mark.parametrize(
    ("build", "named"),
    [
        (lambda: Compliance(profiles=("sox",)), r"compliance.profiles.*'sox'.*gdpr, hipaa, pci"),
        (lambda: Compliance(profiles=("pci", "pci")), r"compliance.profiles.*twice"),
        (lambda: profiled("gdpr", subject=None), r"compliance.subject.*missing.*name the event's field"),
        (lambda: profiled("hipaa", subject="nobody"), r"compliance.subject.*'nobody'"),
        (
            lambda: profiled("pci", fields=(Field(name="card", type="string", sensitive="pan"),)),
            r"fields\[card\].privacy.*marked pan.*privacy='hash' or 'remove'",
        ),
        (
            lambda: profiled(
                "pci",
                fields=(replace(EXTRA[0], required=True),),
                entities=(*_FRAUD.entities, Entity(name="card", key="card_number")),
            ),
            r"fields\[card_number\].*pseudonym",
        ),
        (
            lambda: profiled("hipaa", serving=Serving(kind="serverless"), alerts=None),
            r"serving.kind.*serverless.*realtime",
        ),
        (
            lambda: profiled(
                "pci", api=Api(kind="rest", auth="api_key", plans=(UsagePlan(name="a", rate_per_s=1, burst=1),))
            ),
            r"api.auth.*api_key.*iam",
        ),
    ],
)
def test_a_contradiction_is_refused_at_import_by_field_and_fix(build, named: str) -> None:
    with pytest.raises(UseCaseError, match=named):
        build()


def test_a_subject_that_the_lake_never_has_is_refused() -> None:
    gone = Field(name="who", type="string", required=False, privacy="remove")
    with pytest.raises(UseCaseError, match=r"compliance.subject.*removed"):
        profiled("gdpr", fields=(gone,), subject="who")


def test_a_key_that_names_somebody_is_refused() -> None:
    fields = tuple(
        replace(it, privacy="hash", sensitive="pii") if it.name == "customer_id" else it for it in _FRAUD.event.fields
    )
    with pytest.raises(UseCaseError, match=r"fields\[customer_id\].*pseudonym"):
        replace(_FRAUD, event=replace(_FRAUD.event, fields=fields), compliance=Compliance(profiles=("pci",)))


def test_demands_of_several_profiles_add_up() -> None:
    both = Compliance(profiles=("pci", "hipaa", "gdpr")).demands
    assert (both.log_retention_days, both.private, both.isolated, both.subject) == (2_192, True, True, True)
    assert both.regions == EU_REGIONS
    assert Compliance().demands.isolated is False


@pytest.mark.parametrize("text", [PAN, "4111 1111 1111 1111", "5500-0000-0000-0004", "378282246310005", f"card {PAN}."])
def test_a_cards_number_is_told_wherever_it_stands(text: str) -> None:
    assert named_by(text) == "a payment card's number"


@pytest.mark.parametrize(
    "text",
    ["4111111111111112", "e-4111111111111111", "1700000000000", "c1", "123456789", "000-12-3456", "078-05-11200",
     "8c5d4a1e-4111-4111-8111-111111111111"],
)  # fmt: skip
def test_other_numbers_pass(text: str) -> None:
    assert named_by(text) is None


@pytest.mark.parametrize(("field", "value"), [("customer_id", PAN), ("note", f"ssn {SSN}"), ("event_id", SSN)])
def test_a_field_in_clear_refuses_what_names_somebody_and_does_not_repeat_it(field: str, value: str) -> None:
    with pytest.raises(RejectedError, match="kept in clear") as refused:
        parse_event(profiled("pci"), event(**{field: value}))
    assert refused.value.field == field
    assert value not in str(refused.value)


def test_a_masked_field_takes_it_and_without_a_profile_nothing_is_looked_for() -> None:
    assert parse_event(profiled("pci"), event(card_number=PAN))["card_number"] == PAN
    assert parse_event(_FRAUD, event(customer_id=PAN))["customer_id"] == PAN


def test_of_a_rejected_record_only_right_values_of_clear_fields_are_kept() -> None:
    data = event(card_number=PAN, note=f"call me {SSN}", amount=SSN, customer_id=7, stray=PAN, fraud=1)
    kept = json.loads(keepable(profiled("pci"), data))
    assert kept == {"event_id": "e1", "timestamp": 1_700_000_000, "terminal_id": "t1", "fraud": 1}


@pytest.mark.parametrize("data", [b"", b"[]", f'"{PAN}"'.encode(), f"{{{PAN}".encode(), b"\xff"])
def test_of_what_is_no_event_nothing_is_kept(data: bytes) -> None:
    assert keepable(profiled("pci"), data) == b""


def test_the_page_lists_every_control_with_what_implements_it_and_what_remains() -> None:
    page = (Path(__file__).parents[3] / "docs" / "profiles.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| control")]
    assert rows == [f"| {it.name} | {', '.join(it.profiles)} | {it.by} | {it.duty} |" for it in CONTROLS]


@pytest.mark.parametrize("profile", get_args(Profile))
def test_every_profile_has_controls_and_a_use_case_without_one_has_none(profile: Profile) -> None:
    assert len(controls((profile,))) >= 10
    assert controls(()) == ()
