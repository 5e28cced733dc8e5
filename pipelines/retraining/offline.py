"""Keep the SageMaker SDK to itself while it renders: no account, no network, no telemetry, no noise.

The SDK reads its settings from the environment and from files of the user when it is imported and whenever it is
used, warns about its own modules, and logs each step. None of that may reach, or depend on, whoever runs a synth.
"""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

_CONFIG = Path(__file__).with_name("sdk_config.yaml")
_USERS = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_ENDPOINT_URL", "SAGEMAKER_ENDPOINT_URL")


@contextmanager
def quiet_sdk(region: str) -> Iterator[None]:
    """Import and use the SDK inside this context only.

    Args:
        region: of the pipeline; the SDK refuses to be imported without one.
    """
    settings = {
        "AWS_DEFAULT_REGION": region,
        "AWS_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "SAGEMAKER_VALIDATE_ROLE": "false",
        # Both overrides, or files in the user's home would change the definition.
        "SAGEMAKER_ADMIN_CONFIG_OVERRIDE": str(_CONFIG),
        "SAGEMAKER_USER_CONFIG_OVERRIDE": str(_CONFIG),
    }
    before = {name: os.environ.get(name) for name in (*settings, *_USERS)}
    threshold = logging.root.manager.disable
    for name in _USERS:
        os.environ.pop(name, None)
    os.environ.update(settings)
    logging.disable(logging.CRITICAL)
    try:
        # The SDK checks its settings sixty times against a schema, and that schema against another: 4 s of each synth.
        with warnings.catch_warnings(), mock.patch("jsonschema.validate"):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(threshold)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
