"""Environment of the event inbox."""

from headrace.frozen import dataclass
from lambdas.shared.files.places import Folders
from lambdas.shared.files.settings import InboxSettings

INBOX = "events-inbox/"
RECEIPTS = "events-inbox-receipts/"
NOTES = "events-inbox-notes/"
"""How far each file is; needed as long as its message lives."""
QUARANTINE = "quarantine/event_inbox/"
FOLDERS = Folders(function="event_inbox", inbox=INBOX, receipts=RECEIPTS, quarantine=QUARANTINE)


@dataclass(frozen=True, kw_only=True)
class Settings(InboxSettings):
    """Settings of the event inbox: those of every inbox, and the stream that their events go to."""

    events_stream: str
