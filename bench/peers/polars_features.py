"""Fraud's window features by Polars, one thread: reads a Parquet path, then computes once per line and says seconds."""

import os
import sys
import time

os.environ["POLARS_MAX_THREADS"] = "1"

import polars as pl

DAYS = (1, 7, 30)
DELAY_DAYS = 7


def features(events: pl.DataFrame) -> pl.DataFrame:
    """Per customer count and mean amount, per terminal count and fraud rate seven days ago, over three lengths."""
    weekend = pl.col("moment").dt.weekday() >= 6  # noqa: PLR2004 - Saturday
    night = pl.col("moment").dt.hour() <= 6  # noqa: PLR2004 - six in the morning
    columns = [weekend.alias("is_weekend"), night.alias("is_night")]
    fraud = pl.col("fraud")
    late_count, late_fraud = _total(pl.col("one"), DELAY_DAYS), _total(fraud, DELAY_DAYS)
    for days in DAYS:
        count = pl.col("one").rolling_sum_by("moment", window_size=f"{days}d").over("customer_id")
        mean = pl.col("amount").rolling_mean_by("moment", window_size=f"{days}d").over("customer_id")
        seen = _total(pl.col("one"), DELAY_DAYS + days) - late_count
        rate = (_total(fraud, DELAY_DAYS + days) - late_fraud) / seen
        columns += [
            count.alias(f"customer_count_{days}d"),
            mean.alias(f"customer_mean_{days}d"),
            seen.alias(f"terminal_count_{days}d"),
            rate.fill_nan(0.0).alias(f"terminal_rate_{days}d"),
        ]
    return events.with_columns(columns)


def _total(values: pl.Expr, days: int) -> pl.Expr:
    return values.rolling_sum_by("moment", window_size=f"{days}d").over("terminal_id")


def main() -> None:
    """Serve runs."""
    moments = pl.from_epoch("timestamp").alias("moment")
    events = pl.read_parquet(sys.argv[1]).with_columns(moments, pl.lit(1).alias("one")).sort("moment")
    for _ in sys.stdin:
        started = time.perf_counter()
        features(events)
        sys.stdout.write(f"{time.perf_counter() - started}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
