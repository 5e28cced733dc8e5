"""Environment of the inference function."""

from dataclasses import dataclass

from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of inference. ``endpoint_name`` empty: every answer is the use case's fallback."""

    state_table: str
    endpoint_name: str = ""
    endpoint_timeout_s: float = 2.0
    """Longest wait for the endpoint, retries included."""
    state_timeout_s: float = 1.0
    """Longest wait for the state table, retries included."""
