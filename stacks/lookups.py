"""Look-ups: what is known of keys over time, and how it gets there. Deployed for use cases that look something up."""

from dataclasses import dataclass

from constructs import Construct

from lambdas.lookup_inbox.settings import INBOX, KEPT, QUARANTINE, RECEIPTS, Settings
from stacks.components.file_inbox import FileInbox, FileQueue
from stacks.components.function import Function
from stacks.components.lookup_table import LookupTable
from stacks.components.queue import DeadLetterQueue
from stacks.components.service_alarms import ServiceAlarms
from stacks.lake import Lake
from stacks.stack import HeadraceStack
from stacks.target import Target

INBOX_TIMEOUT_S = 300


@dataclass(frozen=True, kw_only=True)
class Lookups:
    """What other stacks use of look-ups."""

    table: LookupTable
    inbox: Function
    dead_letters: DeadLetterQueue
    """Files of readings that failed for good."""


class LookupsStack(HeadraceStack):
    """The table of readings, and the function that fills it from files."""

    noun = "lookups"

    def __init__(self, scope: Construct, *, target: Target, lake: Lake) -> None:
        super().__init__(scope, target=target, description="Headrace look-ups: what is known of keys over time")
        table = LookupTable(self, "Readings", key=lake.key, keep_data=target.stage.keep_data)
        queue = FileQueue(self, "ReadingFiles", key=lake.key, timeout_s=INBOX_TIMEOUT_S)
        inbox = self._build_inbox(lake, table, queue)
        FileInbox(self, "LookupInboxFiles", bucket=lake.bucket, folder=INBOX, queue=queue, function=inbox)
        self.lookups = Lookups(table=table, inbox=inbox, dead_letters=queue.dead_letters)
        self._watch(queue)
        self.publish(LookupTableName=table.table_name, LookupInboxDeadLetterUrl=queue.dead_letters.queue_url)

    def _watch(self, queue: FileQueue) -> None:
        alarms = ServiceAlarms(self, target=self.target)
        alarms.watch_function("LookupInbox", self.lookups.inbox)
        alarms.watch_quarantine("LookupInbox", "lookup_inbox")
        alarms.watch_queues({"lookup_inbox": queue.dead_letters})
        alarms.alarm(
            "NotLookedUp",
            alarms.own_metric("NotLookedUp", "delivery_transform"),
            1,
            periods=1,
            description="Events lie below errors/events/ and not in the lake: their look-ups could not be read",
        )

    def _build_inbox(self, lake: Lake, table: LookupTable, queue: FileQueue) -> Function:
        inbox = Function(
            self,
            "LookupInbox",
            folder="lookup_inbox",
            target=self.target,
            key=lake.key,
            timeout_s=INBOX_TIMEOUT_S,
            description="Puts readings that come as files where events are filled from",
            settings=Settings(
                usecase=self.target.usecase.name,
                stage=self.target.stage.name,
                lake_bucket=lake.bucket.bucket_name,
                lookup_table=table.table_name,
                queue_url=queue.queue_url,
            ),
        )
        table.grant_fill_to(inbox.own_role)
        lake.key.grant(inbox, "kms:Decrypt", "kms:GenerateDataKey")
        lake.bucket.grant_read_of(inbox.own_role, INBOX, versions=True)
        lake.bucket.grant_list_of(inbox.own_role, RECEIPTS)
        lake.bucket.grant_put_to(inbox.own_role, RECEIPTS, QUARANTINE, KEPT)
        return inbox
