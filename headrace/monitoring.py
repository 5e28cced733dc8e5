"""Where monitors leave their documents in the lake, and what their metrics are called: a contract with whoever reads.

Native Model Monitor writes to ``{prefix}/{endpoint}/{schedule}/yyyy/mm/dd/hh/``. Headrace's own monitor writes to the
same places, with the schedules named alike, so that a reader need not know which of the two ran. docs/monitoring.md
documents every key, metric and dimension.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

from headrace.errors import RejectedError
from headrace.events.kinds import KINDS, Kind

FOLDER = "monitoring/"
"""Everything that monitors write, below the root of the lake."""
PLANS = "monitoring-plans/"
"""What each run reads: the plan of a window names its capture files, so that none is read twice and none is missed."""
PARTS = "monitoring-parts/"
"""What several machines counted of a window, until one of them judges it."""
BASELINES = "monitoring-baselines/"
"""What native Model Monitor compares with: its definitions name fixed places, so a deployed model's is copied here."""
STATISTICS, CONSTRAINTS = "statistics.json", "constraints.json"
NATIVE_STATISTICS, NATIVE_CONSTRAINTS = "native_statistics.json", "native_constraints.json"
"""The same of rows as capture holds them, for native monitors: there a text is its position. Only where it differs."""
VIOLATIONS_SUFFIX = "_violations.json"
"""Ends the name of the document that is written last; AWS's own pages spell the rest of it in two ways."""
VIOLATIONS = f"constraint{VIOLATIONS_SUFFIX}"
RUN = "run.json"
"""About the run: which window, which model, how many rows, which verdict."""
MOST_EARLIER = 30
"""So many earlier runs a report of data quality shows."""
METRICS = "cloudwatch_metrics.jsonl"
REPORT = "report.html"
NAMESPACE = "Headrace/Monitor"
"""CloudWatch namespace; the dimensions are ``UseCase``, ``Stage`` and ``Monitor``, which is the kind."""
_KEY = re.compile(rf"{FOLDER}(?P<endpoint>[^/]+)/(?P<schedule>[^/]+)/(?P<time>\d{{4}}/\d\d/\d\d/\d\d)/(?P<name>[^/]+)")
_HOUR = "%Y/%m/%d/%H"


def schedule_name(endpoint: str, kind: Kind) -> str:
    """The schedule of one kind of monitor, for example ``headrace-fraud-prod-data-quality``."""
    return f"{endpoint}-{kind.replace('_', '-')}"


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The folder of one run: whose, of which kind, and the end of the window in epoch seconds, on the hour."""

    endpoint: str
    kind: Kind
    end: int

    @property
    def folder(self) -> str:
        """``monitoring/{endpoint}/{schedule}/yyyy/mm/dd/hh/``."""
        hour = datetime.fromtimestamp(self.end, UTC).strftime(_HOUR)
        return f"{FOLDER}{self.endpoint}/{schedule_name(self.endpoint, self.kind)}/{hour}/"

    @property
    def violations(self) -> str:
        """The key of the document that is written last."""
        return f"{self.folder}{VIOLATIONS}"

    @classmethod
    def of_key(cls, key: str) -> "Outputs":
        """The run that wrote an object.

        Raises:
            RejectedError: if the key is not one of a run's documents.
        """
        match = _KEY.fullmatch(key)
        if not match:
            raise RejectedError(f"is not {FOLDER}endpoint/schedule/yyyy/mm/dd/hh/name: {key!r}", field="key")
        endpoint, schedule = match["endpoint"], match["schedule"]
        kind = schedule.removeprefix(f"{endpoint}-").replace("-", "_")
        if kind not in KINDS:
            raise RejectedError(f"names no kind of monitor ({', '.join(KINDS)}): {schedule!r}", field="key")
        try:
            end = datetime.strptime(match["time"], _HOUR).replace(tzinfo=UTC)
        except ValueError as exc:
            raise RejectedError(f"names no hour of any day: {match['time']}", field="key") from exc
        return cls(endpoint=endpoint, kind=cast(Kind, kind), end=int(end.timestamp()))
