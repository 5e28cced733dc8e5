"""The gate itself: one pass over the rows, a verdict, and a refusal that names every failed rule."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from headrace.usecase import UseCase
from pipelines.quality.document import document
from pipelines.quality.finding import Finding
from pipelines.quality.page import page
from pipelines.quality.profile import EARLIEST, LATEST, Profile, watches
from pipelines.quality.refusal import QualityError
from pipelines.quality.rules import judge
from pipelines.quality.training_rows import Rows

JSON_NAME, PAGE_NAME = "quality.json", "quality.html"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What is known of a training set and what the rules say of it."""

    usecase: UseCase
    profile: Profile
    findings: tuple[Finding, ...]

    @property
    def failures(self) -> tuple[Finding, ...]:
        """The rules that stop training."""
        return tuple(it for it in self.findings if not it.passed and it.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What is odd and stops nothing."""
        return tuple(it for it in self.findings if not it.passed and it.severity == "warning")

    @property
    def passed(self) -> bool:
        """Whether training may begin."""
        return not self.failures

    def require(self, report: str) -> None:
        """Raise QualityError unless it passed. ``report`` is where people find the report."""
        if not self.passed:
            count = len(self.failures)
            rules = "; ".join(it.words for it in self.failures)
            raise QualityError(
                f"the data quality gate refused {count} {'rule' if count == 1 else 'rules'}: {rules}; see {report}"
            )


def _unseen(_rows: int) -> None:
    """Report to nobody."""


def check(
    usecase: UseCase,
    rows: Rows,
    *,
    labelled: bool = True,
    since: int = EARLIEST,
    until: int = LATEST,
    report: Callable[[int], None] = _unseen,
) -> Verdict:
    """Read a training set once and judge it.

    Args:
        usecase: whose training set and whose expectations.
        rows: where its rows are.
        labelled: whether it must have the label; never where the use case learns without labels.
        since: the earliest time that an event may have, in seconds.
        until: the time, in seconds, that every event must be before.
        report: called with how many rows have been read.

    Raises:
        TrainingSetError: if there is nothing to read.
    """
    looked_for = watches(usecase, since=since, until=until).values()
    profile = Profile.of(usecase, looked_for).read(rows, report)
    findings = judge(profile, usecase, labelled=labelled and usecase.model.labelled)
    return Verdict(usecase=usecase, profile=profile, findings=tuple(findings))


def write_report(verdict: Verdict, folder: Path) -> Path:
    """Write ``quality.json`` and ``quality.html`` into a folder, which is made if need be; returns the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    described = document(verdict)
    (folder / JSON_NAME).write_text(json.dumps(described, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    (folder / PAGE_NAME).write_text(page(described), encoding="utf-8")
    return folder / PAGE_NAME
