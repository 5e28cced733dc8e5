"""The Glue job that builds a training set on Spark: same arguments, same files as ``python -m pipelines.training_set``.

It runs wherever there is a Spark session; on Glue 5 the packages it imports come as a zip in ``--extra-py-files``.
"""

import json
import sys
from collections.abc import Sequence

from pyspark.sql import SparkSession

from pipelines.glue.engine import SparkEngine
from pipelines.training_set.arguments import NAMES, parse
from pipelines.training_set.build import Built, build

try:
    from awsglue.utils import getResolvedOptions
except ImportError:  # not on Glue
    getResolvedOptions = None


def resolved(argv: Sequence[str]) -> list[str]:
    """Our arguments out of everything that a job is given; Glue's own way where there is one."""
    if getResolvedOptions is None:
        return list(argv[1:])
    given = [name for name in NAMES if f"--{name}" in argv]
    options = getResolvedOptions(list(argv), given)
    return [text for name in given for text in (f"--{name}", options[name])]


def run(session: SparkSession, argv: Sequence[str]) -> Built:
    """Build what the arguments order.

    Raises:
        HeadraceError: if an argument makes no sense or the lake cannot be used.
    """
    store, order = parse(argv)
    return build(store, order, engine=SparkEngine(session))


def main() -> None:
    """Entry point. An error ends the job with its message, which Glue shows as the run's reason."""
    session = SparkSession.builder.appName("headrace-training-set").getOrCreate()
    built = run(session, resolved(sys.argv))
    sys.stdout.write(json.dumps(built.summary()) + "\n")


if __name__ == "__main__":
    main()
