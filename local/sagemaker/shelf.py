"""Keeps the resources of one type by name, with AWS's errors for a missing and a doubled name."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from local.sagemaker.errors import ValidationError
from local.sagemaker.platform import Platform, Record


@dataclass(kw_only=True)
class Shelf:
    """Resources of one type, oldest first.

    ``noun`` is AWS's word in messages, ``path`` the resource part of the ARN; records get the members ``{kind}Name``,
    ``{kind}Arn``, ``CreationTime`` and ``LastModifiedTime``.
    """

    platform: Platform
    kind: str
    noun: str
    path: str
    _records: dict[str, Record] = field(init=False, default_factory=dict)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def arn(self, name: str) -> str:
        """The ARN of a resource of that name, whether it exists or not."""
        return self.platform.account.arn(f"{self.path}/{name}")

    def name(self, name_or_arn: str) -> str:
        """The name in a name or an ARN."""
        return name_or_arn.rpartition(f":{self.path}/")[2]

    def add(self, record: Record) -> Record:
        """Store a new record. Raises ValidationError if its name is taken."""
        name = record[f"{self.kind}Name"]
        now = self.platform.now()
        stored = {**record, f"{self.kind}Arn": self.arn(name), "CreationTime": now, "LastModifiedTime": now}
        with self._lock:
            if name in self._records:
                raise ValidationError(f'Cannot create already existing {self.noun} "{self.arn(name)}".')
            self._records[name] = stored
        return stored

    def find(self, name_or_arn: str) -> Record | None:
        """The record or None."""
        return self._records.get(self.name(name_or_arn))

    def get(self, name_or_arn: str) -> Record:
        """The record. Raises ValidationError if there is none."""
        record = self.find(name_or_arn)
        if record is None:
            raise ValidationError(f'Could not find {self.noun} "{self.arn(self.name(name_or_arn))}".')
        return record

    def remove(self, name_or_arn: str) -> Record:
        """Take the record out. Raises ValidationError if there is none."""
        record = self.get(name_or_arn)
        with self._lock:
            self._records.pop(self.name(name_or_arn), None)
        return record

    def __iter__(self) -> Iterator[Record]:
        with self._lock:
            return iter(list(self._records.values()))
