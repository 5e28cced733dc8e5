"""Tell a story: deploy, learn from the past, live day by day, and say what became of it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from rich.console import Console

from cli.deployment import Deployment
from cli.loop_run import prepared, run_deployed, started
from cli.phases import Phases
from cli.plan import Plan
from cli.run_result import Result
from cli.simulated import plan_of
from cli.story import audit, outcome, quality
from cli.story.days import live
from cli.story.plot import Story
from local.loop import Loop

ASKED = 5
"""Events of each part of a day that are asked of the API before they are streamed."""
BEFORE_S = 4 * 3_600
"""How long before the first day the first model is trained and rolled out."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a story leaves: its plan, what the run found, and the summary's blocks about the reaction."""

    plan: Plan
    result: Result
    blocks: dict[str, object]


def tell(story: Story, out: Path, console: Console) -> Told:
    """Run a story and stop everything that it started.

    Raises:
        HeadraceError: naming the phase's problem; the logs are kept in the folder.
    """
    phases, plan = Phases(console), plan_of(story.usecase, story.world(), at=story.at, out=out, asked_per_chunk=ASKED)
    assembly = prepared(plan, phases)
    with started(story.usecase, assembly, out / "logs", phases) as (deployment, loop):
        return _lived(story, plan, deployment, loop, phases)


def _lived(story: Story, plan: Plan, deployment: Deployment, loop: Loop, phases: Phases) -> Told:
    loop.advance(max(0.0, story.at - BEFORE_S - loop.now()))
    result = run_deployed(plan, deployment, loop, phases, streaming=partial(live, story=story))
    with phases.phase("judge") as phase:
        answers = quality.answers(deployment, result.predictions, plan.events, result.model_package)
        trail = audit.trail(deployment)
        phase.at(doing=f"{len(trail)} decisions in the audit trail")
    return Told(plan=plan, result=result, blocks=outcome.blocks(story, trail, answers))
