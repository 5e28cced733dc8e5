"""The kinds of endpoint that SageMaker has, and what each of them can and cannot do."""

from collections.abc import Mapping
from typing import Literal

from headrace.frozen import dataclass

Kind = Literal["realtime", "serverless", "asynchronous", "batch", "multi_model"]
_MB = 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class EndpointKind:
    """What SageMaker does for one kind.

    Sources: AWS's developer guide, pages ``model-deploy-feature-matrix``, ``serverless-endpoints``,
    ``deployment-guardrails`` with its exclusions, ``shadow-tests-exclusions``, ``async-inference`` and
    ``batch-transform``. Where they disagree (real-time payloads: 6 MB or 25 MB) the smaller figure stands.
    """

    payload_bytes: int
    """The most that one request may hold; of batch: one mini-batch of records."""
    answer_s: int
    """The longest that the model may take over one request."""
    instances: bool = True
    """It runs on instances that somebody chooses and scales."""
    to_zero: bool = False
    """Its fleet may have no instance at all while nobody asks."""
    capture: bool = False
    """SageMaker writes requests and answers to the lake, in a form that tells models apart."""
    vpc: bool = True
    isolation: bool = True
    """The container may be cut off from every network."""
    guardrails: bool = False
    """Blue/green updates in steps, rolled back by alarms."""
    variants: bool = False
    """Several models behind one name, by weight or as a shadow."""
    answers: bool = False
    """A caller gets the score in the answer to the request."""
    one_model: bool = True
    """Every request goes to the same model, so the events of a batch can be scored together."""


KINDS: Mapping[Kind, EndpointKind] = {
    "realtime": EndpointKind(
        payload_bytes=6 * _MB, answer_s=60, capture=True, guardrails=True, variants=True, answers=True
    ),
    "serverless": EndpointKind(
        payload_bytes=4 * _MB, answer_s=60, instances=False, vpc=False, isolation=False, answers=True
    ),
    "asynchronous": EndpointKind(payload_bytes=1024 * _MB, answer_s=3_600, to_zero=True, guardrails=True),
    "batch": EndpointKind(payload_bytes=100 * _MB, answer_s=3_600),
    "multi_model": EndpointKind(payload_bytes=6 * _MB, answer_s=60, guardrails=True, answers=True, one_model=False),
}
