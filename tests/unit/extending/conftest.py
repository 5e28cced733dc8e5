"""The fakes of the functions' adapters are those of tests/unit/lambdas."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "lambdas"))
