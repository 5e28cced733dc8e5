"""How far one attempt at a batch has come: what is refused on the way cuts the batch off from there on."""

from collections.abc import Sequence

from lambdas.enrichment.folding import Folded, Folding
from lambdas.enrichment.parts import Accepted
from lambdas.shared.window_state import Stored


class Attempt:
    """A batch, folded into its states as far as nothing has failed yet.

    ``failed_from`` is the mark of the first record that was not processed, ``problem`` says why.
    """

    def __init__(self, folding: Folding, accepted: Sequence[Accepted], stored: Stored) -> None:
        self._folding, self._accepted, self._stored = folding, accepted, stored
        self._folded: Folded | None = folding.fold(accepted, stored)
        self.failed_from, self.problem = self._folded.damaged_from, self._folded.problem

    @property
    def folded(self) -> Folded:
        """What came before ``failed_from``, folded into what is stored. What was read before a cut is out of date."""
        if self._folded is None:
            accepted = [it for it in self._accepted if self.failed_from is None or it.mark < self.failed_from]
            self._folded = self._folding.fold(accepted, self._stored)
        return self._folded

    def cut(self, mark: str, problem: str) -> None:
        """Leave out the record of this mark, which lies before ``failed_from``, and all after it."""
        self.failed_from, self.problem, self._folded = mark, problem, None
