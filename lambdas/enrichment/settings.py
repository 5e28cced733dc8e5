"""Environment of the enrichment function."""

from dataclasses import dataclass

from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of enrichment. ``endpoint_name`` empty: vectors are logged without scores."""

    state_table: str
    feature_delivery_stream: str
    quarantine_bucket: str
    endpoint_name: str = ""
    endpoint_timeout_s: float = 5.0
    """Longest single call of the endpoint."""
    scoring_deadline_s: float = 10.0
    """Longest time one batch waits for scores, retries included; after it the vectors are logged as degraded."""
    store_threads: int = 4
    """Calls to the state table in flight at once."""
    mask_key_secret_arn: str = ""
    """Secret of the keyed hash; required when the use case hashes an entity's key on its way to the lake."""
