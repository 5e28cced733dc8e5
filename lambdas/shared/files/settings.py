"""What every function that takes files in is told by its environment."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class InboxSettings(EnvSettings):
    """Where files lie, the queue that carries on, and the bounds of one file and one invocation."""

    lake_bucket: str
    queue_url: str
    slice_s: float = 60.0
    """How long one invocation works on a file before it hands the rest to the next."""
    most_bytes: int = 8 * 1024**3
    """The largest file, unpacked."""
    most_ratio: int = 250
    """How many times larger than packed a file may become. Text packs ten to thirty times."""
