"""Profiles of controls that a use case switches on: what each asks of the definition, of the stage and of events.

A profile lists controls. It is no claim that a use case complies with a law or a standard; docs/profiles.md says of
each control what implements it and what stays with whoever runs the platform.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, get_args

from headrace.frozen import dataclass
from headrace.usecase.checks import require, require_one_of, require_unique

if TYPE_CHECKING:
    from headrace.usecase.definition import UseCase

Profile = Literal["hipaa", "pci", "gdpr"]

EU_REGIONS = ("eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3")
"""AWS regions within the European Union. London (eu-west-2) and Zurich (eu-central-2) are outside of it."""


@dataclass(frozen=True, kw_only=True)
class Demands:
    """What one profile asks where real people's events come.

    Attributes:
        log_retention_days: logs are kept at least that long.
        private: functions and model run in a VPC without a way to the internet.
        isolated: models and jobs reach no network.
        regions: where data may lie; anywhere if empty.
        subject: the use case names the field by which one person's data is found.
    """

    log_retention_days: int = 0
    private: bool = False
    isolated: bool = True
    regions: tuple[str, ...] = ()
    subject: bool = False


DEMANDS: Mapping[Profile, Demands] = {
    # 45 CFR 164.316(b)(2)(i): what is documented is kept for six years.
    "hipaa": Demands(log_retention_days=2_192, private=True, subject=True),
    # PCI DSS 3.2.1, 10.7: the audit trail is kept for a year at least.
    "pci": Demands(log_retention_days=365, private=True),
    # Regulation (EU) 2016/679, articles 15, 17 and 44: access, erasure, and no transfer without more.
    "gdpr": Demands(regions=EU_REGIONS, subject=True),
}


@dataclass(frozen=True, kw_only=True)
class Compliance:
    """The profiles of a use case, and the field that says whose event it is.

    Attributes:
        profiles: any of ``hipaa``, ``pci`` and ``gdpr``; what several ask adds up.
        subject: the event's field with the person's id, for ``headrace erase`` and ``headrace export``.
    """

    profiles: tuple[Profile, ...] = ()
    subject: str | None = None

    def __post_init__(self) -> None:
        for it in self.profiles:
            require_one_of(it, get_args(Profile), "compliance.profiles")
        require_unique(self.profiles, "compliance.profiles")

    @property
    def demands(self) -> Demands:
        """What all profiles together ask."""
        each = [DEMANDS[it] for it in self.profiles]
        places = [set(it.regions) for it in each if it.regions]
        return Demands(
            log_retention_days=max((it.log_retention_days for it in each), default=0),
            private=any(it.private for it in each),
            isolated=any(it.isolated for it in each),
            regions=tuple(sorted(set.intersection(*places))) if places else (),
            subject=any(it.subject for it in each),
        )


def check_compliance(usecase: "UseCase") -> None:
    """Refuse a use case that contradicts its profiles. Raises UseCaseError."""
    compliance = usecase.compliance
    if compliance.subject is not None:
        _check_subject(usecase, compliance.subject)
    if not compliance.profiles:
        return
    asked, names = compliance.demands, " and ".join(compliance.profiles)
    require(
        compliance.subject is not None or not asked.subject,
        "compliance.subject",
        f"is missing, so {names} has no way to find one person's data",
        "name the event's field with the person's id",
    )
    _check_fields(usecase, names)
    serving = usecase.serving
    require(
        serving.can.isolation and serving.can.vpc,
        "serving.kind",
        f"{serving.kind} cannot be cut off from the network, as {names} asks",
        "use realtime, asynchronous, batch or multi_model",
    )
    require(
        usecase.api.auth != "api_key",
        "api.auth",
        f"api_key does not say who calls, as {names} asks",
        "use iam, jwt or cognito; plans may stay",
    )


def _check_subject(usecase: "UseCase", name: str) -> None:
    require_one_of(name, (it.name for it in usecase.event.fields if it.type == "string"), "compliance.subject")
    require(
        usecase.event.field(name).privacy != "remove",
        "compliance.subject",
        f"{name!r} is removed on its way to the lake, where nothing would be found by it",
        "set privacy='hash' or name another field",
    )


def _check_fields(usecase: "UseCase", names: str) -> None:
    keys = {entity.key for entity in usecase.entities}
    for field in usecase.event.fields:
        where = f"fields[{field.name}]"
        require(
            field.sensitive is None or field.privacy != "clear",
            f"{where}.privacy",
            f"is clear, and {names} asks that a field marked {field.sensitive} is masked",
            "set privacy='hash' or 'remove'",
        )
        require(
            field.name not in keys or (field.sensitive is None and field.privacy == "clear"),
            where,
            f"is the key of an entity, which window state holds as it comes; {names} asks for masks",
            "send a pseudonym as key, and mask the field that it stands for",
        )
