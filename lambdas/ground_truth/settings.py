"""Environment of the ground-truth function."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of ground truth. Quarantined labels, ground-truth files and labels all go to the lake bucket."""

    state_table: str
    lake_bucket: str
    store_threads: int = 4
    """Calls to the state table in flight at once."""
    mask_key_secret_arn: str = ""
    """Secret of the keyed hash; required when the use case hashes an entity's key on its way to the lake."""
