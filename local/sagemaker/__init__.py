"""SageMaker on one machine: pipelines, model registry, endpoints and Feature Store that do what AWS does.

``register()`` adds it to the emulator; everything else is reached over the AWS API.
"""

from local.sagemaker.emulator_service import register

__all__ = ["register"]
