"""What is asked: events with ids of their own, over and over in the same order."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from cli.loadtest.caller import Api, Caller, Reply
from headrace.schema import format_timestamp
from headrace.usecase import UseCase

MOST = 2_000


@dataclass(frozen=True)
class Question:
    """An event and the body that asks about it."""

    event: Mapping[str, object]
    body: bytes


def questions(usecase: UseCase, events: pd.DataFrame) -> list[Question]:
    """The first events of a frame with epoch seconds as time, as requests. Missing fields are left out."""
    names = [field.name for field in usecase.event.fields if field.name in events]
    found = []
    for row in events[names].head(MOST).to_dict("records"):
        event = {str(name): value for name, value in row.items() if value == value}  # noqa: PLR0124 - not NaN
        event[usecase.event.timestamp] = format_timestamp(row[usecase.event.timestamp])
        event[usecase.event.id] = f"loadtest-{row[usecase.event.id]}"
        found.append(Question(event, json.dumps(event).encode()))
    return found


@dataclass
class AskingLine:
    """A caller that asks the questions by their numbers, from the first again after the last."""

    caller: Caller
    asked: Sequence[Question]

    @classmethod
    def to(cls, api: Api, asked: Sequence[Question]) -> "AskingLine":
        """A line to an API."""
        return cls(Caller(api), asked)

    def ask(self, number: int) -> Reply:
        """Ask the question of that number."""
        return self.caller.predict(self.asked[number % len(self.asked)].body)

    def close(self) -> None:
        """Hang up."""
        self.caller.close()
