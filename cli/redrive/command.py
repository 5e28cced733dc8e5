"""``headrace redrive``: options into work on a deployment, and the result in words."""

import time
from dataclasses import asdict, dataclass

from botocore.exceptions import BotoCoreError, ClientError

import usecases
from cli.deployment import DeploymentError, deployed
from cli.output import progress_console
from cli.phases import Phases
from cli.redrive.dead_letters import redrive_letters
from cli.redrive.quarantine import redrive_quarantine
from cli.redrive.terms import Redriven
from headrace.errors import HeadraceError


class LeftOverError(HeadraceError):
    """Some records could not be put through."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which records of which deployment. ``origin`` is ``dlq`` or ``quarantine``."""

    usecase: str
    stage: str
    region: str | None
    origin: str
    dry_run: bool


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the records, and how it is told."""

    usecase: str
    stage: str
    redriven: Redriven
    seconds: float

    def summary(self) -> dict[str, object]:
        """The document of ``--json``."""
        own = {"usecase": self.usecase, "stage": self.stage}
        return {**own, **asdict(self.redriven), "failures": self.redriven.failures(), "seconds": self.seconds}

    def require_complete(self) -> None:
        """Raise LeftOverError if something is left to do."""
        if failures := self.redriven.failures():
            raise LeftOverError(f"{'; '.join(failures)}; their letters stay in the queue: run the same command again")


def run(options: Options) -> Outcome:
    """Redrive what the options ask for.

    Raises:
        UseCaseError: if there is no such use case or stage.
        DeploymentError: if the stage is not deployed, or AWS refuses.
        HeadraceError: as rebuilding does.
    """
    started, phases, usecase = time.perf_counter(), Phases(progress_console), usecases.load(options.usecase)
    work = redrive_letters if options.origin == "dlq" else redrive_quarantine
    try:
        with phases.phase("redrive") as phase:
            found = work(deployed(usecase, options.stage, options.region), phase.report, dry_run=options.dry_run)
    except (ClientError, BotoCoreError) as exc:
        raise DeploymentError(f"AWS: {exc}; run the same command again to go on where it stopped") from exc
    seconds = round(time.perf_counter() - started, 2)
    return Outcome(usecase=usecase.name, stage=options.stage, redriven=found, seconds=seconds)
