"""Environment of drift response."""

from headrace.frozen import dataclass
from lambdas.shared.reaction_keys import CURRENT, ITEM, MEMORY, SUBJECT
from lambdas.shared.settings import EnvSettings

__all__ = ["CLAIMANT", "CURRENT", "DECISION", "DECISIONS", "ITEM", "LOCK", "MEMORY", "REQUEST", "SUBJECT", "Settings"]

DECISIONS = "decisions/"
"""Folder of the lake with one JSON line per decision, by day."""
DECISION, LOCK, REQUEST = "decision", "lock", "request"
"""Values of ``subject``, besides ``MEMORY``."""
CLAIMANT = "execution"
"""Attribute of a request that names the execution that claimed it: the first one, and no other, trains."""


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of drift response: whose endpoint, where documents lie, where decisions go, who is told."""

    endpoint_name: str
    lake_bucket: str
    reaction_table: str
    topic_arn: str
