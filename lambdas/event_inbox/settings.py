"""Environment of the event inbox."""

from headrace.frozen import dataclass
from lambdas.shared.files.places import Folders
from lambdas.shared.settings import EnvSettings

INBOX = "events-inbox/"
RECEIPTS = "events-inbox-receipts/"
NOTES = "events-inbox-notes/"
"""How far each file is; needed as long as its message lives."""
QUARANTINE = "quarantine/event_inbox/"
FOLDERS = Folders(function="event_inbox", inbox=INBOX, receipts=RECEIPTS, quarantine=QUARANTINE)


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of the event inbox: where files lie, the stream their events go to, the queue that carries on."""

    lake_bucket: str
    events_stream: str
    queue_url: str
    slice_s: float = 60.0
    """How long one invocation works on a file before it hands the rest to the next."""
    most_bytes: int = 8 * 1024**3
    """The largest file, unpacked."""
    most_ratio: int = 250
    """How many times larger than packed a file may become."""
