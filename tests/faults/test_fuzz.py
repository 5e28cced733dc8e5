"""Nothing from outside makes an entry point raise what nobody answers. The nightly profile tries over a million."""

import pytest
import tally
from fuzz_entries import ENTRIES, OURS
from fuzz_inputs import inputs
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = [pytest.mark.trust, pytest.mark.timeout(3_600)]
AT_ONCE = 60
"""Inputs per example of Hypothesis, of which there are fewer instead: 60,000 nightly inputs for every entry point."""
FEWER = 5


@pytest.mark.parametrize("name", ENTRIES)
@given(seed=st.integers(0, 2**48))
@settings(max_examples=settings.default.max_examples // FEWER)
def test_an_input_is_answered_or_refused_in_our_own_words(name: str, seed: int) -> None:
    entry = ENTRIES[name]
    for data in inputs(seed, AT_ONCE):
        tally.fuzzed[name] += 1
        try:
            entry(data)
        except OURS as exc:
            assert str(exc)
        except Exception as exc:
            tally.unhandled[name] += 1
            raise AssertionError(f"{name} leaves {type(exc).__name__} unhandled for {data!r}") from exc
