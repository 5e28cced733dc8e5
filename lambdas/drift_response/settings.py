"""Environment of drift response."""

from dataclasses import dataclass

from lambdas.shared.settings import EnvSettings

DECISIONS = "decisions/"
"""Folder of the lake with one JSON line per decision, by day."""
SUBJECT, ITEM = "subject", "entry_id"
"""Keys of the table that holds decisions, what is remembered, and retraining's lock."""
DECISION, MEMORY, LOCK, REQUEST = "decision", "memory", "lock", "request"
"""Values of ``subject``."""
CURRENT = "current"
"""``entry_id`` of what is remembered; also of the lock."""
CLAIMANT = "execution"
"""Attribute of a request that names the execution that claimed it: the first one, and no other, trains."""


@dataclass(frozen=True, kw_only=True)
class Settings(EnvSettings):
    """Settings of drift response: whose endpoint, where documents lie, where decisions go, who is told."""

    endpoint_name: str
    lake_bucket: str
    reaction_table: str
    topic_arn: str
