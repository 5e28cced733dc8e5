"""The ground-truth function's wiring."""

import os
from concurrent.futures import ThreadPoolExecutor
from functools import cache

from lambdas.ground_truth.logic import GroundTruth
from lambdas.ground_truth.settings import Settings
from lambdas.shared.clients import BULK, client
from lambdas.shared.lake_bucket import LakeBucket
from lambdas.shared.layouts import Layouts, layouts_of
from lambdas.shared.loading import features
from lambdas.shared.mask_key import mask_key
from lambdas.shared.state_reader import StateReader
from lambdas.shared.state_writer import StateWriter


@cache
def settings() -> Settings:
    """This process's settings."""
    return Settings.from_env(os.environ)


@cache
def connect() -> GroundTruth:
    """The function, wired to AWS; once per process."""
    its = settings()
    compiled = features(its.usecase)
    executor = ThreadPoolExecutor(its.store_threads)
    table = client("dynamodb", BULK)
    layouts = Layouts(table, its.state_table, own=layouts_of(compiled))
    return GroundTruth(
        features=compiled,
        reader=StateReader(table, its.state_table, usecase=compiled.usecase, executor=executor, layouts=layouts),
        writer=StateWriter(table, its.state_table, executor=executor, layouts=layouts),
        lake=LakeBucket(client("s3"), its.lake_bucket),
        mask_key=mask_key(client("secretsmanager"), its.mask_key_secret_arn) if its.mask_key_secret_arn else b"",
    )
