"""Environment of the function that runs monitors."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of a run: where everything is."""

    lake_bucket: str
