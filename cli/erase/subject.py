"""Whose data is looked for: the value, the field of the event that holds it, and how it looks once it was masked."""

import dataclasses
import re
from dataclasses import dataclass
from functools import cached_property

from cli.deployment import Deployment, DeploymentError
from headrace.errors import UseCaseError
from headrace.inference_id import inference_id
from headrace.masking import mask
from headrace.usecase import UseCase


@dataclass
class Subject:
    """One person.

    Attributes:
        id: the value that names the person in an event.
        field: the event's field that holds it.
        masked: the value as the lake has it, if the field is hashed there.
        events: ids of events that are known to be the person's.
    """

    id: str
    field: str
    masked: str = ""
    events: set[str] = dataclasses.field(default_factory=set)

    @property
    def values(self) -> frozenset[str]:
        """The value in every form in which it is kept."""
        return frozenset(filter(None, (self.id, self.masked)))

    @property
    def inferences(self) -> frozenset[str]:
        """The ids under which answers about the events are captured, and their truth is kept."""
        return frozenset(inference_id(it) for it in self.events)

    @cached_property
    def _word(self) -> re.Pattern[str]:
        texts = "|".join(re.escape(it) for it in sorted(self.values))
        return re.compile(rf"(?<![\w-])(?:{texts})(?![\w-])")

    def in_text(self, text: str) -> bool:
        """Whether a text names the person: the value as a word of its own."""
        return self._word.search(text) is not None

    def is_of(self, row: dict[str, object]) -> bool:
        """Whether a row of the lake is the person's."""
        return str(row.get(self.field)) in self.values


def subject_of(deployment: Deployment, id_: str, field_name: str | None) -> Subject:
    """The person of an id.

    Args:
        deployment: the platform, which knows the key of the hash.
        id_: the value.
        field_name: the event's field; None for the use case's subject, or else the primary entity's key.

    Raises:
        UseCaseError: if there is no such field, or the id is empty.
        DeploymentError: if the field is hashed, and the platform has no key.
    """
    usecase = deployment.usecase
    name = field_name or usecase.compliance.subject or usecase.primary.key
    if not id_:
        raise UseCaseError("--subject", "is empty", "give the person's id")
    if name not in [it.name for it in usecase.event.fields]:
        known = ", ".join(it.name for it in usecase.event.fields)
        raise UseCaseError("--field", f"{name!r} is no field of {usecase.name}", f"use one of {known}")
    hashed = usecase.event.field(name).privacy == "hash"
    return Subject(id=id_, field=name, masked=mask(id_, _mask_key(deployment)) if hashed else "")


def entity_of(usecase: UseCase, subject: Subject) -> str | None:
    """The entity whose key the subject's field is, if it is one's."""
    return next((it.name for it in usecase.entities if it.key == subject.field), None)


def _mask_key(deployment: Deployment) -> bytes:
    stack = deployment.stack_name("ingestion")
    for page in deployment.cloudformation.get_paginator("list_stack_resources").paginate(StackName=stack):
        for it in page["StackResourceSummaries"]:
            if it["ResourceType"] == "AWS::SecretsManager::Secret":
                client = deployment.session.client("secretsmanager", endpoint_url=deployment.endpoint_url)
                secret = client.get_secret_value(SecretId=it["PhysicalResourceId"])
                return bytes(secret["SecretBinary"]) if "SecretBinary" in secret else secret["SecretString"].encode()
    raise DeploymentError(f"stack {stack} has no secret, and the field is hashed: deploy it from this version")
