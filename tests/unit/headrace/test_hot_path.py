"""Lambdas carry the standard library only: the domain's hot path must not pull in anything else."""

import subprocess
import sys

import pytest

HOT = ("schema", "features", "windows", "decisions", "masking", "calendar", "usecase")


@pytest.mark.parametrize("module", HOT)
def test_the_hot_path_imports_the_standard_library_only(module):
    program = (
        "import sys; before = set(sys.modules); "
        f"import headrace.{module}; "
        "print(*sorted({name.split('.')[0] for name in set(sys.modules) - before} - sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["headrace"]
