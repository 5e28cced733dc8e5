"""The retraining pipeline, as a table of contents."""

from sagemaker.core.workflow.pipeline_context import PipelineSession
from sagemaker.mlops.workflow.pipeline import Pipeline

from pipelines.retraining import parameters, steps, training_steps
from pipelines.retraining.containers import Containers
from pipelines.retraining.plan import Plan


def build_pipeline(plan: Plan, session: PipelineSession) -> Pipeline:
    """Preprocess, train and evaluate; register what passes every gate, otherwise fail and say which it did not pass."""
    declared = parameters.declare(
        plan.gates, no_champion=plan.code.no_champion, training_instance_type=plan.training.instance_type
    )
    containers = Containers(plan, session)

    preprocess = steps.preprocess(containers, declared)
    train = training_steps.train(containers, preprocess, declared)
    evaluate = steps.evaluate(containers, train, preprocess, declared)
    baseline = steps.baseline(containers, train, preprocess)
    register = steps.register(containers, preprocess, train, baseline, declared)
    fail = steps.fail(plan, evaluate)
    check = steps.check_gates(evaluate, passed=[baseline, register], missed=fail)

    return Pipeline(
        name=plan.name,
        parameters=[*declared.declared],
        steps=[preprocess, train.step, evaluate, check],
        sagemaker_session=session,
        # Without experiments: their tracking needs grants that a retraining does not.
        pipeline_experiment_config=None,
    )
