"""The address of the one image that trains, judges and serves, for templates that name it themselves."""

import importlib

from pipelines.retraining.offline import quiet_sdk


def serving_image(region: str) -> str:
    """AWS's XGBoost image in a region, in the version that models are trained with."""
    with quiet_sdk(region):
        containers = importlib.import_module("pipelines.retraining.containers")
        found: str = containers.image_uris.retrieve("xgboost", region, version=containers.XGBOOST)
    return found
