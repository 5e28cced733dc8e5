"""Look-ups: the table of what is known of keys over time. Deployed for use cases that look something up."""

from dataclasses import dataclass

from constructs import Construct

from stacks.components.lookup_table import LookupTable
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """What other stacks use of look-ups."""

    table: LookupTable


class LookupsStack(HeadraceStack):
    """The table of readings."""

    noun = "lookups"

    def __init__(self, scope: Construct, *, target: Target, lake: Lake) -> None:
        super().__init__(scope, target=target, description="Headrace look-ups: what is known of keys over time")
        table = LookupTable(self, "Readings", key=lake.key, keep_data=target.stage.keep_data)
        self.lookups = Lookups(table=table)
        self.publish(LookupTableName=table.table_name)
