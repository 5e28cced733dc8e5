"""The OpenAPI document says what the code does: the same limits, the same answers, the same ways in."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import usecases
from headrace.errors import RejectedError
from headrace.openapi import document
from headrace.openapi.example import example_event
from headrace.schema import coerce_event
from headrace.usecase import Api, Field, Serving, UsagePlan, UseCase

FRAUD = usecases.load("fraud")
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_AbC"
FIELDS = (
    Field(name="kind", type="string", allowed=("card", "cash")),
    Field(name="note", type="string", required=False, max_length=5),
    Field(name="count", type="integer", minimum=1, maximum=9),
    Field(name="many", type="integer", required=False),
    Field(name="size", type="number", maximum=-1),
    Field(name="ok", type="boolean"),
    Field(name="seen", type="timestamp", required=False),
)
WIDE = replace(FRAUD, event=replace(FRAUD.event, fields=(*FRAUD.event.fields, *FIELDS)))
GOOD = example_event(WIDE)


def schema_of(usecase: UseCase, name: str) -> Draft202012Validator:
    made: Any = document(usecase)
    return Draft202012Validator({**made["components"]["schemas"][name], "components": made["components"]})


def examples(node: object) -> Iterator[tuple[str, object]]:
    """Every example of the document with the name of its schema."""
    if isinstance(node, Mapping):
        if "examples" in node and "schema" in node and "$ref" in node["schema"]:
            for it in node["examples"].values():
                yield node["schema"]["$ref"].rpartition("/")[2], it["value"]
        for value in node.values():
            yield from examples(value)
    elif isinstance(node, list):
        for value in node:
            yield from examples(value)


@pytest.mark.parametrize("name", usecases.names())
def test_every_use_case_has_a_document_whose_references_and_examples_hold(name: str) -> None:
    usecase = usecases.load(name)
    made: Any = document(usecase, url="https://x")
    text = json.dumps(made, allow_nan=False)
    assert (made["openapi"], made["servers"]) == ("3.1.0", [{"url": "https://x"}])
    schemas = made["components"]["schemas"]
    for reference in {part.partition('"')[0] for part in text.split('"#/components/schemas/')[1:]}:
        Draft202012Validator.check_schema(schemas[reference])
    found = list(examples(made["paths"]))
    assert {schema for schema, _ in found} >= {"Event", "Batch", "Prediction", "Predictions", "Error"}
    for schema, value in found:
        schema_of(usecase, schema).validate(value)
    coerce_event(usecase, example_event(usecase), unknown_fields="reject")


def test_every_route_names_every_answer_that_it_gives() -> None:
    paths: Any = document(FRAUD)["paths"]
    answers = {path: {method: set(it["responses"]) for method, it in ways.items()} for path, ways in paths.items()}
    gateway = {"401", "403", "429"}
    asked = {"post": {"200", "400", "413", "415", *gateway}}
    read = {"get": {"200", *gateway}}
    assert answers == {"/predict": asked, "/predict/batch": asked, "/health": read, "/openapi.json": read}


def test_a_kind_that_cannot_answer_at_once_says_so() -> None:
    paths: Any = document(replace(FRAUD, serving=Serving(kind="batch"), alerts=None))["paths"]
    assert [path for path, ways in paths.items() if "409" in ways.get("post", ways.get("get"))["responses"]] == [
        "/predict",
        "/predict/batch",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_id", ""), ("event_id", "x" * 65), ("event_id", "a\x00"), ("event_id", 7), ("event_id", None),
        ("timestamp", "1969-12-31T00:00:00Z"), ("timestamp", -1), ("timestamp", 7_258_118_400), ("timestamp", True),
        ("amount", -1), ("amount", 1_000_001), ("amount", "1"), ("amount", True), ("kind", "cheque"),
        ("note", "123456"), ("count", 0), ("count", 10), ("count", 1.5), ("many", 2**63), ("size", 0), ("size", -2e30),
        ("ok", 1), ("seen", "x"), ("unknown", 1),
    ],
)  # fmt: skip
def test_schema_and_code_refuse_the_same(field: str, value: object) -> None:
    wrong = {**GOOD, field: value}
    assert not schema_of(WIDE, "Event").is_valid(wrong)
    with pytest.raises(RejectedError):
        coerce_event(WIDE, wrong, unknown_fields="reject")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("timestamp", 0), ("timestamp", 7_258_118_399.9), ("timestamp", "2199-12-31T23:59:59+00:00"), ("note", ""),
        ("note", None), ("count", 9), ("many", 2**63 - 1), ("many", -(2**63)), ("size", -1e30), ("amount", 0),
        ("seen", 1.5), ("event_id", "ü" * 64),
    ],
)  # fmt: skip
def test_schema_and_code_accept_the_same(field: str, value: object) -> None:
    right = {**GOOD, field: value}
    schema_of(WIDE, "Event").validate(right)
    coerce_event(WIDE, right, unknown_fields="reject")


@pytest.mark.parametrize("field", [it.name for it in WIDE.event.fields])
def test_schema_and_code_need_the_same_fields(field: str) -> None:
    without = {name: value for name, value in GOOD.items() if name != field}
    assert schema_of(WIDE, "Event").is_valid(without) is not WIDE.event.field(field).required


@pytest.mark.parametrize(
    ("api", "names"),
    [
        (Api(), {"iam": []}),
        (Api(auth="jwt", issuer="https://x", audience=("a",), scopes=("s",)), {"jwt": ["s"]}),
        (Api(auth="cognito", user_pool_arn=POOL, audience=("a",)), {"cognito": []}),
        (
            Api(kind="rest", auth="api_key", plans=(UsagePlan(name="a", rate_per_s=1, burst=1),)),
            {"apiKey": []},
        ),
        (
            Api(kind="rest", plans=(UsagePlan(name="a", rate_per_s=1, burst=1),)),
            {"iam": [], "apiKey": []},
        ),
    ],
)
def test_the_document_says_how_to_get_in(api: Api, names: dict[str, list[str]]) -> None:
    made: Any = document(replace(FRAUD, api=api))
    assert made["security"] == [names]
    assert made["components"]["securitySchemes"].keys() == names.keys()


def test_limits_of_a_batch_are_those_of_the_use_case() -> None:
    made: Any = document(replace(FRAUD, api=Api(batch_events=7, batch_bytes=70_000)))
    assert made["components"]["schemas"]["Batch"]["properties"]["events"]["maxItems"] == 7
    assert made["paths"]["/predict/batch"]["post"]["requestBody"]["description"] == "At most 70,000 bytes."
