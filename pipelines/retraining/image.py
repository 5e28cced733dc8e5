"""The addresses of AWS's images, for templates that name them: the one that trains, judges and serves, and monitors."""

import importlib

from pipelines.retraining.offline import quiet_sdk


def serving_image(region: str) -> str:
    """AWS's XGBoost image in a region, in the version that models are trained with."""
    with quiet_sdk(region):
        containers = importlib.import_module("pipelines.retraining.containers")
        found: str = containers.image_uris.retrieve("xgboost", region, version=containers.XGBOOST)
    return found


def monitoring_image(region: str, *, clarify: bool = False) -> str:
    """AWS's image of native Model Monitor in a region, or that of Clarify."""
    with quiet_sdk(region):
        containers = importlib.import_module("pipelines.retraining.containers")
        found: str = containers.image_uris.retrieve("clarify" if clarify else "model-monitor", region)
    return found
