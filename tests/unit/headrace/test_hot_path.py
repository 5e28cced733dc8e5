"""Lambdas carry the standard library only: the domain's hot path must not pull in anything else."""

import subprocess
import sys

import pytest

import headrace.events

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


@pytest.mark.parametrize("module", ["usecase", "events", "features"])
def test_what_sends_no_event_to_the_bus_loads_no_class_of_one(module):
    program = f"import sys, headrace.{module}; print(*(name for name in sys.modules if name.startswith('headrace.ev')))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) <= {"headrace.events", "headrace.events.kinds"}


def test_every_public_name_of_the_events_can_be_loaded():
    assert {name: getattr(headrace.events, name) for name in headrace.events.__all__}
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = headrace.events.Nothing
