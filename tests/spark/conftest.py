"""Spark's tests run in an environment of their own (``make test-spark``); elsewhere nothing is collected here."""

import os
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[1] / "unit" / "pipelines"))  # the writer of lakes
collect_ignore_glob = [] if find_spec("pyspark") else ["test_*.py"]


def pytest_configure(config: pytest.Config) -> None:
    """Spark 3.5 was written before some of what it uses was deprecated."""
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:pyspark.*")
    config.addinivalue_line("filterwarnings", "ignore:.*socket:pytest.PytestUnraisableExceptionWarning")


@pytest.fixture(scope="session")
def session() -> Iterator[object]:
    """A Spark of two cores that nobody else can reach."""
    from pyspark.sql import SparkSession  # noqa: PLC0415  # the other environment has none

    os.environ |= {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"}
    own = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "4",
        "spark.sql.session.timeZone": "America/New_York",  # the job must not depend on it
        "spark.default.parallelism": "2",
    }
    builder = SparkSession.builder.master("local[2]").appName("headrace-tests")
    for name, value in own.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    yield spark
    spark.stop()
