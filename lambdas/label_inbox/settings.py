"""Environment of the label inbox."""

from headrace.frozen import dataclass
from lambdas.shared.files.places import Folders
from lambdas.shared.files.settings import InboxSettings

INBOX = "labels-inbox/"
RECEIPTS = "labels-inbox-receipts/"
QUARANTINE = "quarantine/label_inbox/"
FOLDERS = Folders(function="label_inbox", inbox=INBOX, receipts=RECEIPTS, quarantine=QUARANTINE)


@dataclass(frozen=True, kw_only=True)
class Settings(InboxSettings):
    """Settings of the label inbox: those of every inbox, and the stream that their labels go to."""

    labels_stream: str
