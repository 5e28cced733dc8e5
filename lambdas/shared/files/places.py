"""Which file, and where in it: what a queue message says, and under which names the file's traces are kept."""

import hashlib
import json
from dataclasses import asdict, dataclass
from urllib.parse import quote

from headrace import frozen
from headrace.errors import RejectedError
from headrace.schema import format_timestamp

_LONGEST_NAME = 600
_DOTS = {"": "_", ".": "%2E", "..": "%2E%2E"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where to go on in one version of one file.

    ``version`` is empty where the bucket keeps no versions; then S3's ``sequencer`` tells one writing from the next.
    ``modified`` is when S3 got the file, in seconds; 0 as long as nobody has looked. ``offset`` counts bytes of the
    unpacked file, ``line`` the lines before it; ``sent`` and ``rejected`` are what became of them. ``header`` is a CSV
    file's first line. ``repeated`` counts records that the sink may have got twice, where that is written down.
    """

    key: str
    version: str = ""
    sequencer: str = ""
    modified: int = 0
    offset: int = 0
    line: int = 0
    sent: int = 0
    rejected: int = 0
    header: str = ""
    repeated: int = 0

    @property
    def writing(self) -> str:
        """What tells this version of the file from others of the same key."""
        return self.version or self.sequencer

    @property
    def digest(self) -> str:
        """A short name of this version of the file."""
        named = f"{self.key}\n{self.writing}"
        return hashlib.sha256(named.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@frozen.dataclass(frozen=True, kw_only=True)
class Folders:
    """The folders of one function that takes files in. Each ends with a slash.

    ``function`` is its name; a message to itself begins with it.
    """

    function: str
    inbox: str
    receipts: str
    quarantine: str

    def receipt(self, place: Place) -> str:
        """The key of a file's receipt: its path, made harmless for whoever copies it to a disk, and the digest."""
        path = "/".join(_harmless(part) for part in place.key.removeprefix(self.inbox).split("/"))
        return f"{self.receipts}{path[-_LONGEST_NAME:]}.{place.digest}.json"

    def rejected(self, place: Place, line: int) -> str:
        """The key of rejected lines from ``line`` on, under the file's date (UTC)."""
        date = format_timestamp(place.modified)[:10]
        return f"{self.quarantine}dt={date}/{place.digest}-{line:012}.jsonl"

    def message(self, place: Place) -> str:
        """The queue message that ``read_message`` reads back."""
        return json.dumps({self.function: asdict(place)})

    def read_message(self, body: str) -> Place | None:
        """Read a queue message: S3's event about a new object, or our own word on where to go on.

        Returns:
            The place, or None if the object is no file of the inbox, such as the mark of an empty folder.

        Raises:
            RejectedError: if it is neither.
        """
        try:
            message = json.loads(body)
            if self.function in message:
                return Place(**message[self.function])
            if (message["source"], message["detail-type"]) != ("aws.s3", "Object Created"):
                raise RejectedError("is not about a new object")
            found = message["detail"]["object"]
            place = Place(key=found["key"], version=found.get("version-id", ""), sequencer=found.get("sequencer", ""))
            return place if place.key.startswith(self.inbox) and not place.key.endswith("/") else None
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
            raise RejectedError("is neither S3's event about an object nor a continuation") from exc


def _harmless(part: str) -> str:
    return _DOTS.get(part) or quote(part, safe="=@+, ", errors="backslashreplace")
