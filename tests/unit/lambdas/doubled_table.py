"""Reader and writer of a window-state table whose DynamoDB is a double, and the answers with which it fails."""

from concurrent.futures import ThreadPoolExecutor

from dynamodb_double import TABLE, Double

from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter
from lambdas.shared.window_state import EntityKey, StateWrite
from usecases import load

SOURCE = "events#shardId-000000000000"
THROTTLED = (400, {"__type": "com.amazonaws.dynamodb.v20120810#ThrottlingException", "message": "Rate exceeded"})
DENIED = (400, {"__type": "com.amazon.coral.service#AccessDeniedException", "Message": "not authorized"})
BROKEN = (500, {"__type": "InternalServerError", "message": "Internal server error"})


def mark(number: int) -> str:
    return str(number).zfill(56)


def write(key: EntityKey, *, read: int | None, now: int, source: str = SOURCE, data: bytes = b"state") -> StateWrite:
    return StateWrite(
        key=key,
        source=source,
        data=data,
        mark=mark(now),
        folded=now,
        expires_at=4_000_000_000,
        read_mark=None if read is None else mark(read),
        first_mark=mark(now),
    )


CUSTOMER, TERMINAL = EntityKey("customer", "c1"), EntityKey("terminal", "t1")


class Table:
    """Reader and writer of one table."""

    def __init__(self) -> None:
        self.double = Double()
        self.executor = ThreadPoolExecutor(2)
        self.pauses: list[float] = []
        client, usecase = self.double.client, load("fraud")
        self.reader = StateReader(client, TABLE, usecase=usecase, executor=self.executor, sleep=self.pauses.append)
        self.writer = StateWriter(client, TABLE, executor=self.executor, sleep=self.pauses.append)


def sizes(table: Table) -> list[int]:
    """Statements per write call, largest first."""
    calls = [body for name, body in table.double.calls if name == "BatchExecuteStatement"]
    return sorted((len(body["Statements"]) for body in calls), reverse=True)
