"""Environment of the inference function."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings

REQUESTS, TICKETS = "asynchronous/requests/", "asynchronous/tickets/"
"""Folders of the lake in which requests that are answered later lie, and what is known of each."""


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of inference. ``endpoint_name`` empty: every answer is the use case's fallback."""

    state_table: str
    endpoint_name: str = ""
    endpoint_timeout_s: float = 2.0
    """Longest wait for the endpoint, retries included."""
    state_timeout_s: float = 1.0
    """Longest wait for the state table, retries included."""
    lookup_table: str = ""
    """Where readings are looked up; required when the use case has look-ups."""
    lake_bucket: str = ""
    """Of an asynchronous endpoint: where requests and answers lie."""
