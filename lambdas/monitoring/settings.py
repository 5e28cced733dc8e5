"""Environment of the monitoring function."""

from headrace.frozen import dataclass
from lambdas.shared.settings import EnvSettings


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of monitoring: the endpoint that is watched, the lake, and the packages that jobs import."""

    lake_bucket: str
    endpoint_name: str
    variant: str
    packages: str
    """S3 URI of the zip with the code of jobs."""
