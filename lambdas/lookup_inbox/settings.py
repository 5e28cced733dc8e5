"""Environment of the lookup inbox."""

from headrace.frozen import dataclass
from lambdas.shared.files.places import Folders
from lambdas.shared.files.settings import InboxSettings

INBOX = "lookups-inbox/"
RECEIPTS = "lookups-inbox-receipts/"
QUARANTINE = "quarantine/lookup_inbox/"
KEPT = "lookups/"
"""Every reading that was ever given, by look-up and the date on which it was."""
STRAY = Folders(function="lookup_inbox", inbox=INBOX, receipts=RECEIPTS, quarantine=QUARANTINE)
"""Of files that lie in no look-up's folder."""


def folders(lookup: str) -> Folders:
    """The folders of one look-up."""
    return Folders(
        function=f"lookup_inbox/{lookup}",
        inbox=f"{INBOX}{lookup}/",
        receipts=f"{RECEIPTS}{lookup}/",
        quarantine=f"{QUARANTINE}{lookup}/",
    )


@dataclass(frozen=True, kw_only=True)
class Settings(InboxSettings):
    """Settings of the lookup inbox: those of every inbox, and the table that their readings go to."""

    lookup_table: str
    store_threads: int = 8
    """Calls to the table in flight at once."""
