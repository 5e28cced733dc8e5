"""Counters as one line of CloudWatch's embedded metric format, for a function that answers while somebody waits.

Powertools' ``Metrics`` checks and copies every metric and dimension of every call, which would be a fifth of an
answer's processor time. Here namespace, dimensions and names are settled once; a call fills in figures.
"""

import json
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence


class Counters:
    """Counters of one function under fixed dimensions.

    Args:
        namespace: CloudWatch's.
        dimensions: by name; all of them together are the metrics' one dimension set.
        names: of the counters.
        share: of ordinary calls, how many are written.
        draw: a number in [0, 1), to choose them by.
        clock: epoch seconds.
    """

    def __init__(
        self,
        *,
        namespace: str,
        dimensions: Mapping[str, str],
        names: Sequence[str],
        share: float = 1.0,
        draw: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._names, self._share, self._draw, self._clock = tuple(names), share, draw, clock
        about = {
            "Namespace": namespace,
            "Dimensions": [sorted(dimensions)],
            "Metrics": [{"Name": name, "Unit": "Count"} for name in names],
        }
        figures = "".join(f",{json.dumps(name).replace('%', '%%')}:[%s]" for name in names)
        fixed = json.dumps(dict(dimensions)).replace("%", "%%")[1:-1]
        described = json.dumps([about]).replace("%", "%%")
        self._line = f'{{"_aws":{{"Timestamp":%d,"CloudWatchMetrics":{described}}},{fixed}{figures}}}\n'

    def write(self, counts: Mapping[str, int], *, ordinary: bool) -> None:
        """Write the counters of one call.

        Args:
            counts: by name; one that is absent counts nothing.
            ordinary: whether the call may be left out. One that is written stands for those that are not, so its
                figures are multiplied and sums stay true on average.
        """
        weight = 1.0
        if ordinary and self._share < 1:
            if self._draw() >= self._share:
                return
            weight = 1 / self._share
        figures = [float(counts.get(name, 0)) * weight for name in self._names]
        sys.stdout.write(self._line % (int(self._clock() * 1_000), *figures))
