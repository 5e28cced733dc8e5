"""How soon and how often drift may train: the same for the reaction and for a backtest.

Times are those at which signals come, and a monitor's run is never as long after its window as the one before. So they
are told apart to the nearest window: with windows of a day "a day ago" is the night before, whichever of the two runs
took longer, and not the same night.
"""

from collections.abc import Iterable, Sequence

from headrace.usecase import UseCase

DAY_S = 86_400


def tried_within(asked: Iterable[int], seconds: int, usecase: UseCase, at: int) -> int:
    """How many trainings were asked for so short before a moment, to the nearest window.

    Args:
        asked: when, epoch seconds.
        seconds: how far back.
        usecase: whose monitor's windows; they blur a duration by half of one, and by no more than half of itself.
        at: the moment, epoch seconds.
    """
    blur_s = min(usecase.monitor.every_s, seconds) // 2
    return sum(at - it < seconds - blur_s for it in asked)


def too_soon(asked: Sequence[int], usecase: UseCase, at: int) -> str:
    """Why no training is asked for yet: the cooldown, or the day's budget; empty if neither is in the way."""
    reaction = usecase.reaction
    if tried_within(asked, reaction.cooldown_s, usecase, at):
        return f"cooldown of {reaction.cooldown} since the last training"
    if tried_within(asked, DAY_S, usecase, at) >= reaction.daily_budget:
        return f"the budget of {reaction.daily_budget} trainings a day is spent"
    return ""
