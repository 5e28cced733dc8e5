"""Environment of the label inbox."""

from headrace.frozen import dataclass
from lambdas.shared.files.places import Folders
from lambdas.shared.settings import EnvSettings

INBOX = "labels-inbox/"
RECEIPTS = "labels-inbox-receipts/"
QUARANTINE = "quarantine/label_inbox/"
FOLDERS = Folders(function="label_inbox", inbox=INBOX, receipts=RECEIPTS, quarantine=QUARANTINE)


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of the label inbox: where files lie, the stream their labels go to, the queue that carries on."""

    lake_bucket: str
    labels_stream: str
    queue_url: str
    slice_s: float = 60.0
    """How long one invocation works on a file before it hands the rest to the next."""
    most_bytes: int = 8 * 1024**3
    """The largest file, unpacked."""
    most_ratio: int = 250
    """How many times larger than packed a file may become. Label files pack ten to thirty times."""
