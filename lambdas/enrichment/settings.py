"""Environment of the enrichment function."""

from collections.abc import Mapping

from headrace.errors import SettingsError
from headrace.frozen import dataclass
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
    feature_groups: str = ""
    """The feature group of each entity that is put into the Feature Store: ``entity=group``, separated by commas."""
    lookup_table: str = ""
    """Where readings are looked up; required when the use case has look-ups."""
    mask_key_secret_arn: str = ""
    """Secret of the keyed hash; required when the use case hashes an entity's key on its way to the lake."""

    @property
    def group_of(self) -> dict[str, str]:
        """The feature group's name by entity name.

        Raises:
            SettingsError: if ``feature_groups`` cannot be read.
        """
        pairs = [pair.partition("=") for pair in self.feature_groups.split(",") if pair]
        if not all(entity and group for entity, _, group in pairs):
            raise SettingsError(f"FEATURE_GROUPS={self.feature_groups!r}: write entity=group, separated by commas")
        return {entity: group for entity, _, group in pairs}


def feature_groups(groups: Mapping[str, str]) -> str:
    """The setting ``feature_groups`` from each entity's group."""
    return ",".join(f"{entity}={group}" for entity, group in groups.items())
