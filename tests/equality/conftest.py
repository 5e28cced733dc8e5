"""The functions run on the in-memory stand-ins of their own unit tests."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "unit" / "lambdas"))
