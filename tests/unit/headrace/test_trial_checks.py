"""A trial of a challenger is checked at import, and only endpoints that can hold two models may have one."""

import pytest

from headrace.errors import UseCaseError
from headrace.usecase import MultiModel, Serving, Trial

WRONG = {
    **{
        f"a challenger of {kind}": (lambda kind=kind: Serving(kind=kind, trial=Trial()), "trial", "'realtime'")
        for kind in ("serverless", "asynchronous", "batch")
    },
    "a challenger of many": (
        lambda: Serving(kind="multi_model", multi_model=MultiModel(tenant="shop_id"), trial=Trial()),
        "trial",
        "'realtime'",
    ),
    "a trial of nothing": (lambda: Trial(steps=()), "trial.steps", "shares in percent"),
    "a trial of more than all": (lambda: Trial(steps=(50, 110)), "trial.steps", "shares in percent"),
    "a trial back and forth": (lambda: Trial(steps=(10, 5)), "trial.steps", "sort them"),
    "a trial that nobody watches": (lambda: Trial(bake_s=0), "trial.bake_s", "how long"),
    "a trial for no difference": (lambda: Trial(scale=0), "trial.scale", "worth finding"),
    "a shadow that answers": (lambda: Trial(shadow=50), "trial.steps", "steps=()"),
    "a shadow of nothing": (lambda: Trial(steps=(), shadow=0), "trial.shadow", "percentage"),
    "a shadow of more than all": (lambda: Trial(steps=(), shadow=101), "trial.shadow", "percentage"),
    "a shadow that nobody sees": (
        lambda: Serving(trial=Trial(steps=(), shadow=50), capture_percent=0),
        "trial.shadow",
        "capture_percent",
    ),
    **{
        f"a shadow of {kind}": (
            lambda kind=kind: Serving(kind=kind, trial=Trial(steps=(), shadow=9)),
            "trial",
            "realtime",
        )
        for kind in ("serverless", "asynchronous", "batch")
    },
    "a trial for sure": (lambda: Trial(alpha=0), "trial.alpha", "0.05"),
}


@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_trial_is_refused_with_the_way_out(what):
    define, where, fix = WRONG[what]
    with pytest.raises(UseCaseError) as caught:
        define()
    assert caught.value.where == f"serving.{where}"
    assert fix in str(caught.value)


def test_only_a_trial_that_ends_with_everything_decides_by_itself():
    assert Trial().staged
    assert not Trial(steps=(10,)).staged
    assert not Trial(steps=(), shadow=100).staged
    assert Serving(trial=Trial(steps=(10,))).trial is not None
