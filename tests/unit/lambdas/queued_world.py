"""An asynchronous endpoint in memory behind the inference function."""

from dataclasses import dataclass, field, replace

from lambda_fakes import FakeEndpoint, FakeTable, Faults

from headrace.features import FeatureSet, Vector
from headrace.usecase import Serving
from lambdas.inference.logic import Inference
from lambdas.inference.queued import Outcome, Ticket
from lambdas.shared.scoring import Scored, Scorer
from usecases import load

USECASE = replace(load("fraud"), serving=Serving(kind="asynchronous"), alerts=None)
FEATURES = FeatureSet(USECASE)


@dataclass
class FakeQueue:
    """What was handed in, by name, and how far it has got."""

    taken: dict[str, tuple[Vector, str, int]] = field(default_factory=dict)
    answers: dict[str, Scored] = field(default_factory=dict)
    failure: Exception | None = None

    def submit(self, name: str, vector: Vector, *, event_id: str, explain: int) -> Ticket:
        if self.failure:
            raise self.failure
        self.taken.setdefault(name, (vector, event_id, explain))
        return self._ticket(name)

    def outcome(self, name: str) -> Outcome | None:
        if self.failure:
            raise self.failure
        if name not in self.taken:
            return None
        answer = self.answers.get(name)
        if answer is None:
            return Outcome(self._ticket(name), "pending")
        return Outcome(self._ticket(name), "failed" if answer.degraded else "done", answer)

    def _ticket(self, name: str) -> Ticket:
        return Ticket(self.taken[name][1], f"s3://lake/answers/{name}.out", None, 0.0)


def wired(queue: FakeQueue, faults: Faults | None = None) -> Inference:
    scorer = Scorer(endpoint=FakeEndpoint(), call_s=0.1, deadline_s=1.0)
    return Inference(features=FEATURES, reader=FakeTable(faults or Faults()), scorer=scorer, queue=queue)
