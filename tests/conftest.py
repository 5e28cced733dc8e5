"""For every test: CDK's kernel runs on the Node of the environment, whichever test imports it first.

Property tests judge results, not the speed of a shared machine. HYPOTHESIS_PROFILE=nightly gives them many more cases.
"""

import os

from hypothesis import HealthCheck, settings

import stacks

assert stacks.NODE.exists()

_PATIENT = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("headrace", **_PATIENT)
settings.register_profile("nightly", max_examples=5_000, **_PATIENT)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "headrace"))
