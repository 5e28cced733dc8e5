"""``headrace rebuild``: options into a scope, a deployment from the account, and the result in words."""

import time
from dataclasses import asdict, dataclass

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console

import usecases
from cli.deployment import DeploymentError, deployed
from cli.phases import Phases
from cli.rebuild.terms import Rebuilt, Scope
from cli.rebuild.writing import rebuild
from headrace.errors import HeadraceError, UseCaseError
from stacks.stage import stage


class IncompleteError(HeadraceError):
    """Some items could not be made again."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """Which items of which deployment. ``share`` is ``n/of``; None is all."""

    usecase: str
    stage: str
    region: str | None
    entity: str | None
    key: str | None
    share: str | None


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the items, and how it is told."""

    usecase: str
    stage: str
    rebuilt: Rebuilt
    seconds: float

    def summary(self) -> dict[str, object]:
        """The document of ``--json``."""
        own = {"usecase": self.usecase, "stage": self.stage}
        return {**own, **asdict(self.rebuilt), "failures": self.rebuilt.failures(), "seconds": self.seconds}

    def require_complete(self) -> None:
        """Raise if something is left to do.

        Raises:
            IncompleteError: saying what, and what helps.
        """
        failures = self.rebuilt.failures()
        if failures:
            wait_s = stage(self.stage).delivery_buffer_s
            raise IncompleteError(
                f"{'; '.join(failures)}; run the same command again, after the delivery's buffer of {wait_s} s. What "
                "stays incomplete was never delivered or has been erased: those items stay as they are"
            )


def run(options: Options, console: Console) -> Outcome:
    """Rebuild what the options ask for.

    Raises:
        UseCaseError: if an option names nothing.
        DeploymentError: if the stage is not deployed, or AWS refuses.
        HeadraceError: as ``rebuild``.
    """
    started, phases, usecase = time.perf_counter(), Phases(console), usecases.load(options.usecase)
    entities = [entity.name for entity in usecase.entities]
    if options.entity not in (None, *entities):
        raise UseCaseError("--entity", f"{options.entity!r} is unknown", f"use one of {', '.join(entities)}")
    if options.key is not None and options.entity is None:
        raise UseCaseError("--key", "is a key of no entity", f"add --entity, one of {', '.join(entities)}")
    scope = Scope(entity=options.entity, key=options.key, share=_share(options.share))
    try:
        with phases.phase("rebuild") as phase:
            found = rebuild(deployed(usecase, options.stage, options.region), scope, phase.report)
    except (ClientError, BotoCoreError) as exc:
        raise DeploymentError(f"AWS: {exc}; run the same command again to go on where it stopped") from exc
    seconds = round(time.perf_counter() - started, 2)
    return Outcome(usecase=usecase.name, stage=options.stage, rebuilt=found, seconds=seconds)


def _share(text: str | None) -> tuple[int, int]:
    number, separator, of = (text or "0/1").partition("/")
    if not (separator and number.isdecimal() and of.isdecimal() and int(number) < int(of)):
        raise UseCaseError("--share", f"{text!r} is no share", "write n/of, with n from 0 to of - 1, for example 0/4")
    return int(number), int(of)
