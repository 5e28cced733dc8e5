"""One function per step of the retraining pipeline."""

from collections.abc import Mapping, Sequence

from sagemaker.core.drift_check_baselines import DriftCheckBaselines
from sagemaker.core.helper.pipeline_variable import PipelineVariable
from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.workflow.conditions import ConditionEquals
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.steps import ProcessingStep, Step

from pipelines.retraining.containers import Containers
from pipelines.retraining.parameters import Parameters
from pipelines.retraining.places import delivered, received, run_uri
from pipelines.retraining.plan import INPUT, OUTPUT, REASON, Plan
from pipelines.retraining.training_steps import Trained, cache

JSON = "application/json"
GATES = PropertyFile(name="Gates", output_name="evaluation", path="gates.json")
NORMAL = ("statistics", "constraints")
SPLITS = ("train", "validation", "test")


def preprocess(containers: Containers, parameters: Parameters) -> ProcessingStep:
    """Cut the training set into splits that are apart in time, or fail with what is wrong with it."""
    plan = containers.plan
    job = containers.processor(DATA_VERSION=parameters.data_version).run(
        code=plan.code.preprocess,
        inputs=[received("data", parameters.input_data), received("headrace", plan.code.headrace)],
        outputs=[delivered(name, run_uri(plan, "training", name)) for name in (*SPLITS, "all", "manifest")],
        arguments=[
            *_arguments(plan, {"input": f"{INPUT}/data", "output": OUTPUT, **plan.preprocess_options}),
            "--reason",
            parameters.trigger_reason,
        ],
    )
    return ProcessingStep("Preprocess", step_args=job, cache_config=cache(plan))


def evaluate(
    containers: Containers, train: Trained, preprocess: ProcessingStep, parameters: Parameters
) -> ProcessingStep:
    """Judge the artifact on the test split, which nothing has seen before, next to the deployed model."""
    plan = containers.plan
    splits = preprocess.properties.ProcessingOutputConfig.Outputs
    inputs = {
        "model": train.artifact,
        "champion": parameters.champion,
        **{name: splits[name].S3Output.S3Uri for name in (*SPLITS, "manifest")},
    }
    options = {name: f"{INPUT}/{name}" for name in inputs}
    lineage = {
        "trigger_reason": parameters.trigger_reason,
        "drift_severity": parameters.drift_severity,
        "input_data": parameters.input_data,
        "data_version": parameters.data_version,
    }
    job = containers.processor().run(
        code=plan.code.evaluate,
        inputs=[*(received(name, uri) for name, uri in inputs.items()), received("headrace", plan.code.headrace)],
        outputs=[delivered("evaluation", run_uri(plan, "models", "evaluation"))],
        arguments=[
            *_arguments(plan, {**options, "output": f"{OUTPUT}/evaluation"}),
            *_pairs("--floor", parameters.floors),
            *_pairs("--lineage", lineage),
        ],
    )
    return ProcessingStep("Evaluate", step_args=job, property_files=[GATES])


def baseline(containers: Containers, train: Trained, preprocess: ProcessingStep) -> ProcessingStep:
    """Write down what normal looks like to this model: its monitors compare with it once it is deployed."""
    plan = containers.plan
    splits = preprocess.properties.ProcessingOutputConfig.Outputs
    inputs = {
        "model": train.artifact,
        **{name: splits[name].S3Output.S3Uri for name in ("all", "test")},
    }
    job = containers.processor().run(
        code=plan.code.baseline,
        inputs=[*(received(name, uri) for name, uri in inputs.items()), received("headrace", plan.code.headrace)],
        outputs=[delivered("baseline", run_uri(plan, "models", "baseline"))],
        arguments=_arguments(plan, {**{name: f"{INPUT}/{name}" for name in inputs}, "output": f"{OUTPUT}/baseline"}),
    )
    return ProcessingStep("Baseline", step_args=job)


def register(
    containers: Containers,
    preprocess: ProcessingStep,
    train: Trained,
    baseline: ProcessingStep,
    parameters: Parameters,
) -> ModelStep:
    """Register the artifact as a new version: its figures, what its monitors compare with, and where it came from."""
    plan = containers.plan
    normal = baseline.properties.ProcessingOutputConfig.Outputs["baseline"].S3Output.S3Uri
    manifest = preprocess.properties.ProcessingOutputConfig.Outputs["manifest"].S3Output.S3Uri
    statistics, constraints = (_json(Join(on="/", values=[normal, f"{name}.json"])) for name in NORMAL)
    evaluation, bias = (_json(run_uri(plan, "models", "evaluation", f"{name}.json")) for name in ("evaluation", "bias"))
    watched = bias if plan.usecase.model.facets else None
    package = containers.server(train.artifact).register(
        model_package_group_name=plan.model_package_group,
        content_types=[JSON],
        response_types=[JSON],
        inference_instances=[plan.usecase.serving.instance_type],
        transform_instances=[plan.usecase.serving.instance_type],
        approval_status=parameters.approval_status,
        model_metrics=ModelMetrics(
            model_statistics=evaluation,
            model_data_statistics=statistics,
            model_data_constraints=constraints,
            bias=bias,
        ),
        drift_check_baselines=DriftCheckBaselines(
            model_data_statistics=statistics,
            model_data_constraints=constraints,
            model_statistics=evaluation,
            bias_pre_training_constraints=watched,
            bias_post_training_constraints=watched,
            explainability_constraints=_json(run_uri(plan, "models", "evaluation", "explanation.json")),
        ),
        customer_metadata_properties={
            "usecase": plan.usecase.name,
            "model_version": train.job,
            "execution": ExecutionVariables.PIPELINE_EXECUTION_ID,
            "trigger_reason": parameters.trigger_reason,
            "drift_severity": parameters.drift_severity,
            "input_data": parameters.input_data,
            "data_version": parameters.data_version,
            "champion": parameters.champion,
            "code": plan.code.headrace.rsplit("/", 1)[-1],
            # Where it is, and not where this execution would have put it: it may be a cached step's.
            "data_manifest": Join(on="/", values=[manifest, "data_manifest.json"]),
            "report": run_uri(plan, "models", "evaluation", "report.html"),
            "model_card": run_uri(plan, "models", "evaluation", "model_card.json"),
        },
    )
    return ModelStep("Register", step_args=package)


def fail(plan: Plan, evaluate: ProcessingStep) -> FailStep:
    """End the execution as failed, with the reason of every gate that was not passed and where the report is."""
    message = [
        "The model was not registered: ",
        JsonGet(step_name=evaluate.name, property_file=GATES, json_path="reason"),
        "; report in ",
        run_uri(plan, "models", "evaluation", "report.html"),
    ]
    return FailStep("Fail", error_message=Join(on="", values=message))


def check_gates(evaluate: ProcessingStep, *, passed: Sequence[Step], missed: FailStep) -> ConditionStep:
    """Go on only if every gate is passed on the test split."""
    missing = JsonGet(step_name=evaluate.name, property_file=GATES, json_path="failed")
    nothing = ConditionEquals(left=missing, right=0)
    return ConditionStep("CheckGates", conditions=[nothing], if_steps=[*passed], else_steps=[missed])


def _json(uri: Join) -> MetricsSource:
    return MetricsSource(content_type=JSON, s3_uri=uri)


def _pairs(option: str, values: Mapping[str, PipelineVariable]) -> list[PipelineVariable | str]:
    """``option NAME=VALUE`` for each value that only an execution knows."""
    return [it for name, value in values.items() for it in (option, Join(on="=", values=[name, value]))]


def _arguments(plan: Plan, options: Mapping[str, str]) -> list[str]:
    given = {"usecase": plan.usecase.name, **options, "reason-file": REASON}
    return [text for name, value in given.items() for text in (f"--{name}", value)]
