"""What all ``AWS::SageMaker::*`` resources share: they are made through the same API that everybody else calls."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from botocore.model import Shape, StructureShape

from local.emulator.registry import Created, ResourceContext, ResourceError
from local.sagemaker import shapes
from local.sagemaker.errors import ServiceError
from local.sagemaker.platform import Record
from local.sagemaker.property_types import coerced
from local.sagemaker.service import SageMaker

_RANDOM_CHARACTERS = 8


@dataclass(frozen=True, kw_only=True)
class ResourceKind:
    """One type. Properties are those of the Create operation unless ``extra`` or ``create_request`` say otherwise.

    ``ref`` is the member of the Describe answer that Ref gives, ``attributes`` the ones that Fn::GetAtt gives,
    ``in_place`` the properties that an update changes without a replacement, ``named`` whether CloudFormation makes up
    a name when none is set.
    """

    name: str
    ref: str
    attributes: tuple[str, ...] = ()
    in_place: frozenset[str] = frozenset()
    extra: frozenset[str] = frozenset()
    named: bool = True
    max_name: int = 63
    ignored: frozenset[str] = field(default=frozenset({"Tags"}))

    @property
    def name_property(self) -> str:
        """For example ``ModelName``."""
        return f"{self.name}Name"


class ResourceHandler:
    """Creates, updates and deletes the resources of one type."""

    def __init__(self, sagemaker: SageMaker, kind: ResourceKind) -> None:
        self._sagemaker = sagemaker
        self.kind = kind

    def create(self, context: ResourceContext, properties: Record) -> Created:
        """Create under the given or a generated name."""
        request = self._request(properties)
        if self.kind.named and self.kind.name_property not in request:
            request[self.kind.name_property] = generated_name(context, self.kind.max_name)
        self._call(f"Create{self.kind.name}", request)
        return self._settled(request[self.kind.name_property])

    def update(self, context: ResourceContext, physical_id: str, old: Record, new: Record) -> Created:
        """Update in place where AWS does, else create the successor; the predecessor goes when all went well."""
        before, after = self._request(old), self._request(new)
        changed = {
            name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
        } - self.kind.ignored
        if not changed <= self.kind.in_place:
            if (
                after.get(self.kind.name_property) is not None
                and before.get(self.kind.name_property) == after[self.kind.name_property]
            ):
                raise ResourceError(
                    f"CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                    f"Rename {after[self.kind.name_property]} and update the stack again."
                )
            return self.create(context, new)
        name = self._name(physical_id)
        if changed:
            self._change(name, before, after)
        return self._settled(name)

    def delete(self, _context: ResourceContext, physical_id: str, _properties: Record) -> None:
        """Delete; one that is gone already is fine."""
        try:
            self._sagemaker.call(f"Delete{self.kind.name}", {self.kind.name_property: self._name(physical_id)})
        except ServiceError as exc:
            if (
                "ould not find" not in exc.message
                and "does not exist" not in exc.message
                and exc.code != "ResourceNotFound"
            ):
                raise ResourceError(exc.message) from exc

    def _change(self, name: str, _before: Record, after: Record) -> None:
        request = {key: value for key, value in after.items() if key in self.kind.in_place}
        self._call(f"Update{self.kind.name}", {**request, self.kind.name_property: name})

    def _settled(self, name: str) -> Created:
        described = self._call(f"Describe{self.kind.name}", {self.kind.name_property: name})
        return Created(
            physical_id=described[self.kind.ref], attributes={key: described[key] for key in self.kind.attributes}
        )

    def _call(self, operation: str, request: Record) -> Record:
        try:
            return self._sagemaker.call(operation, request)
        except ServiceError as exc:
            raise ResourceError(
                f"{exc.message} (Service: SageMaker, Status Code: {exc.status}, Error Code: {exc.code})"
            ) from exc

    def _request(self, properties: Record) -> Record:
        members = self._members(f"Create{self.kind.name}")
        unknown = sorted(set(properties) - set(members) - self.kind.extra)
        if unknown:
            raise ResourceError(f"Encountered unsupported property {unknown[0]}")
        if self.kind.extra:
            members = {**self._members(f"Update{self.kind.name}"), **members}
        return {name: coerced(value, members[name]) if name in members else value for name, value in properties.items()}

    @staticmethod
    def _members(operation: str) -> Mapping[str, Shape]:
        if operation not in shapes.operations("sagemaker"):
            return {}
        shape = shapes.service_model("sagemaker").operation_model(operation).input_shape
        return dict(shape.members) if isinstance(shape, StructureShape) else {}

    @staticmethod
    def _name(physical_id: str) -> str:
        return physical_id.rpartition("/")[2]


def generated_name(context: ResourceContext, limit: int) -> str:
    """``{logical id}-{random}``, the way CloudFormation names these types."""
    random = secrets.token_hex(_RANDOM_CHARACTERS // 2)
    stem = f"{context.stack_name}-{context.logical_id}"[: limit - _RANDOM_CHARACTERS - 1].rstrip("-")
    return f"{stem}-{random}"
