"""The digest of the code that computes a training set: it changes with whatever computes a window."""

import subprocess
import sys
from pathlib import Path

from pipelines.training_set import code

_LOADED = """
import sys, headrace.windows_columnar
print(*(module.__file__ for name, module in sys.modules.items() if name.startswith("headrace.window")), sep="\\n")
"""


def test_every_module_that_computes_windows_is_in_the_digest() -> None:
    done = subprocess.run([sys.executable, "-c", _LOADED], capture_output=True, text=True, check=True)
    loaded = {Path(it) for it in done.stdout.splitlines()}
    told = {Path(*package.split("."), name) for package, name in (it.rsplit("/", 1) for it, _ in code._sources())}
    root = Path(code.__file__).parents[2]
    assert len(loaded) > 30
    assert {it.relative_to(root) for it in loaded} <= told
