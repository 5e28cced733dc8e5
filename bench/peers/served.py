"""How a measured program is told to run: once per line that it reads; it answers the seconds that it took."""

import sys
import time
from collections.abc import Callable


def serve(run: Callable[[], object]) -> None:
    """Run once per line of standard input."""
    answers, sys.stdout = sys.stdout, sys.stderr  # whatever a library prints is no answer
    for _ in sys.stdin:
        started = time.perf_counter()
        run()
        answers.write(f"{time.perf_counter() - started}\n")
        answers.flush()
