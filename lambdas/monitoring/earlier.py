"""Earlier runs of the same monitor, for the report's pictures: the newest that are there, found by few listings."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from headrace.monitoring import MOST_EARLIER, RUN, Outputs

_DAY_S = 86_400


def earlier(keys: Callable[[str], Sequence[str]], run: Outputs, every_s: int) -> tuple[str, ...]:
    """Keys of ``run.json`` of at most ``MOST_EARLIER`` windows before a run's, the oldest first.

    Windows of a day or more are listed by months, shorter ones by days: at most sixteen listings for any of them.

    Args:
        keys: lists the keys below a prefix.
        run: whose predecessors are wanted.
        every_s: the length of its windows, in seconds.
    """
    ends = [run.end - number * every_s for number in range(MOST_EARLIER, 0, -1)]
    folders = "%Y/%m/" if every_s >= _DAY_S else "%Y/%m/%d/"
    hour = datetime.fromtimestamp(run.end, UTC).strftime("%Y/%m/%d/%H/")
    place = run.folder.removesuffix(hour)
    prefixes = dict.fromkeys(datetime.fromtimestamp(end, UTC).strftime(f"{place}{folders}") for end in ends)
    there = {key for prefix in prefixes for key in keys(prefix)}
    wanted = (f"{Outputs(endpoint=run.endpoint, kind=run.kind, end=end).folder}{RUN}" for end in ends)
    return tuple(key for key in wanted if key in there)
