"""Environment of the delivery transform."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of the delivery transform. ``mask_key_secret_arn`` is required when the use case hashes a field."""

    mask_key_secret_arn: str = ""
    lookup_table: str = ""
    """Where readings are looked up; required when the use case has look-ups."""
