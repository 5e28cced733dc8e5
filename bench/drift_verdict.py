"""Headrace's monitor from two Parquet files to its verdict: reading, counting, comparing, causes in words."""

import sys
from pathlib import Path

from bench.drift_world import DRIFTED
from bench.peers.served import serve
from pipelines.monitoring.watch import watch


def drift(baseline: str, current: str) -> None:
    """Every column's verdict, which must be right."""
    found = watch(Path(baseline), Path(current)).findings.drifted
    if found != (DRIFTED,):
        raise SystemExit(f"{current}: {found} drifted, not {DRIFTED!r} alone")


if __name__ == "__main__":
    serve(lambda: drift(*sys.argv[1:3]))
