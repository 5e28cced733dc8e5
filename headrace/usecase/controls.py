"""The controls that profiles are made of: what implements each, and what remains to whoever runs the platform.

Controls listed, never a claim: whether they suffice for a law or a standard is for auditors to say.
"""

from collections.abc import Collection

from headrace.frozen import dataclass
from headrace.usecase.compliance import Profile


@dataclass(frozen=True, kw_only=True)
class Control:
    """One control: who asks for it, the resource or setting that implements it, and the duty that remains."""

    name: str
    profiles: tuple[Profile, ...]
    by: str
    duty: str


_ALL: tuple[Profile, ...] = ("hipaa", "pci", "gdpr")
CONTROLS = (
    Control(
        name="Encryption at rest with a key of your own",
        profiles=_ALL,
        by="AWS::KMS::Key with rotation; bucket, streams, tables, queues, topics, logs, volumes and captures name it",
        duty="say who may use and delete the key",
    ),
    Control(
        name="Encryption in transit",
        profiles=_ALL,
        by="bucket, queue and topic policies that refuse anything but TLS; API over TLS 1.2",
        duty="producers and callers check certificates",
    ),
    Control(
        name="Encryption between containers, jobs without network",
        profiles=_ALL,
        by="Stage.isolated_jobs: NetworkConfig of every job of AWS::SageMaker::Pipeline; models are isolated always",
        duty="none",
    ),
    Control(
        name="No way to the internet",
        profiles=("hipaa", "pci"),
        by="VpcConfig of every function and of the model, where real data comes; no gateway in any template",
        duty="the VPC: private subnets, routes, security groups and the endpoints listed below",
    ),
    Control(
        name="Fields that name somebody are masked",
        profiles=_ALL,
        by="Field.sensitive with privacy hash or remove, refused at import otherwise; HMAC-SHA256 under a secret key",
        duty="mark every such field; keep who may read the secret few",
    ),
    Control(
        name="Numbers of cards and social security refused in clear",
        profiles=_ALL,
        by="headrace.identifiers at stream, API and labels; quarantine keeps right values of clear fields only",
        duty="retention and readers of the streams, which hold events as they came for a week",
    ),
    Control(
        name="Keys of entities are pseudonyms",
        profiles=_ALL,
        by="a masked or marked key is refused at import, because window state holds keys as they come",
        duty="keep the table from pseudonym to person elsewhere",
    ),
    Control(
        name="Reads and writes of the lake are recorded",
        profiles=_ALL,
        by="AWS::CloudTrail::Trail with data events, signed and encrypted, to a bucket of its own and a log group",
        duty="a trail of the account's own management events; somebody who looks at both",
    ),
    Control(
        name="Records cannot be deleted unseen",
        profiles=_ALL,
        by="Object Lock in governance mode on the trail's bucket, where the stage keeps data",
        duty="say who may bypass governance",
    ),
    Control(
        name="Logs for six years",
        profiles=("hipaa",),
        by="RetentionInDays of every log group where real data comes: 2,192",
        duty="keep what people decide and document as long",
    ),
    Control(
        name="Logs for a year",
        profiles=("pci",),
        by="RetentionInDays of every log group where real data comes: 365 or more",
        duty="review them daily",
    ),
    Control(
        name="Data outlives mistakes",
        profiles=_ALL,
        by="Stage.keep_data: Retain, termination and deletion protection; versions; point-in-time recovery of tables",
        duty="backups in another account, and practice in restoring",
    ),
    Control(
        name="Callers say who they are",
        profiles=_ALL,
        by="api.auth: iam, jwt or cognito; an API key alone is refused at import",
        duty="who gets those rights, and when they end",
    ),
    Control(
        name="One person's data is shown and erased",
        profiles=("hipaa", "gdpr"),
        by="compliance.subject; headrace export --subject ID and headrace erase --subject ID, with a receipt",
        duty="answer in time; stop the person's events first; what stays is in the receipt",
    ),
    Control(
        name="Data stays in the European Union",
        profiles=("gdpr",),
        by="a region outside is refused at synthesis; nothing is replicated",
        duty="where producers, callers and subscribers of the topic sit",
    ),
)


def controls(profiles: Collection[Profile]) -> tuple[Control, ...]:
    """The controls that any of these profiles asks for."""
    return tuple(it for it in CONTROLS if set(it.profiles) & set(profiles))
