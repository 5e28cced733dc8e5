"""The refusal, apart from the gate: who only wants to catch it need not load what the gate computes with."""

from headrace.errors import HeadraceError


class QualityError(HeadraceError):
    """A training set does not pass the gate; the message names every failed rule and the report."""
