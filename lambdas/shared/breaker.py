"""A circuit breaker: a dependency that keeps failing is left alone for a while, and its callers fail at once.

Closed, every call goes through. After a row of failures it opens: callers get the last failure without a call. When the
pause is over one call probes the dependency; it closes the breaker, or opens it for twice as long (Nygard, "Release
It!", 2nd edition, 2018, section 5.2). A Lambda environment serves one request at a time, so each has its own breaker
and none needs a lock.
"""

import random
import time
from collections.abc import Callable

FAILURES = 5
"""So many failures in a row open the breaker: two requests with their retries, and one more."""
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 15.0


class Breaker:
    """Counts one dependency's failures.

    Args:
        failures: how many in a row open it.
        first_pause_s: how long it stays open at first.
        longest_pause_s: how long at most, after probes that failed.
        clock: a monotonic clock in seconds.
        spread: a factor of each pause, so that environments do not probe all at once.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        first_pause_s: float = FIRST_PAUSE_S,
        longest_pause_s: float = LONGEST_PAUSE_S,
        clock: Callable[[], float] = time.monotonic,
        spread: Callable[[], float] = lambda: random.uniform(0.5, 1),  # noqa: S311  # jitter, not a secret
    ) -> None:
        self._most, self._first_pause_s, self._longest_pause_s = failures, first_pause_s, longest_pause_s
        self._clock, self._spread = clock, spread
        self._failures, self._pause_s, self._probe_at, self._reason = 0, first_pause_s, 0.0, ""

    @property
    def refusal(self) -> str | None:
        """Why the last call failed, while the breaker is open; None if a call may be made."""
        if self._failures < self._most or self._clock() >= self._probe_at:
            return None
        return self._reason

    def failed(self, reason: str, *, cheap: bool = False) -> None:
        """Note that a call failed.

        Args:
            reason: why, for those who are refused from now on.
            cheap: the dependency said no without making anybody wait, so probes keep coming after the first pause.
        """
        self._failures, self._reason = self._failures + 1, reason
        if self._failures >= self._most:
            pause_s = self._first_pause_s if cheap else self._pause_s
            self._probe_at = self._clock() + pause_s * self._spread()
            self._pause_s = self._first_pause_s if cheap else min(pause_s * 2, self._longest_pause_s)

    def succeeded(self) -> None:
        """Note that a call succeeded."""
        self._failures, self._pause_s = 0, self._first_pause_s
