"""Environment of the lookup inbox."""

from headrace.frozen import dataclass
from lambdas.shared.files.places import Folders
from lambdas.shared.settings import EnvSettings

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
class Settings(EnvSettings):
    """Settings of the lookup inbox: where files lie, the table their readings go to, the queue that carries on."""

    lake_bucket: str
    lookup_table: str
    queue_url: str
    slice_s: float = 60.0
    """How long one invocation works on a file before it hands the rest to the next."""
    most_bytes: int = 8 * 1024**3
    """The largest file, unpacked."""
    most_ratio: int = 250
    """How many times larger than packed a file may become."""
    store_threads: int = 8
    """Calls to the table in flight at once."""
