"""One function per step of the retraining pipeline."""

from collections.abc import Mapping

from sagemaker.core.model_metrics import MetricsSource, ModelMetrics
from sagemaker.core.training.configs import InputData
from sagemaker.core.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join, JsonGet
from sagemaker.core.workflow.properties import PropertyFile
from sagemaker.mlops.workflow.condition_step import ConditionStep
from sagemaker.mlops.workflow.fail_step import FailStep
from sagemaker.mlops.workflow.model_step import ModelStep
from sagemaker.mlops.workflow.steps import ProcessingStep, TrainingStep

from pipelines.retraining.containers import Containers
from pipelines.retraining.parameters import Parameters, floor_name
from pipelines.retraining.places import delivered, received, run_uri
from pipelines.retraining.plan import INPUT, OUTPUT, REASON, Plan

JSON = "application/json"
REPORT = PropertyFile(name="EvaluationReport", output_name="evaluation", path="evaluation.json")
SPLITS = ("train", "validation", "test")


def preprocess(containers: Containers, parameters: Parameters) -> ProcessingStep:
    """Cut the training set into splits that are apart in time, or fail with what is wrong with it."""
    plan = containers.plan
    job = containers.processor().run(
        code=plan.code.preprocess,
        inputs=[received("data", parameters.input_data), received("headrace", plan.code.headrace)],
        outputs=[delivered(name, run_uri(plan, "training", name)) for name in (*SPLITS, "manifest")],
        arguments=_arguments(plan, {"input": f"{INPUT}/data", "output": OUTPUT, **plan.preprocess_options}),
    )
    return ProcessingStep("Preprocess", step_args=job)


def train(containers: Containers, preprocess: ProcessingStep) -> TrainingStep:
    """Fit on the training split, stop early on the validation split."""
    splits = preprocess.properties.ProcessingOutputConfig.Outputs
    channels = [
        InputData(channel_name=name, data_source=splits[name].S3Output.S3Uri, content_type="application/x-parquet")
        for name in ("train", "validation")
    ]
    return TrainingStep("Train", step_args=containers.trainer().train(input_data_config=channels))


def evaluate(containers: Containers, train: TrainingStep, preprocess: ProcessingStep) -> ProcessingStep:
    """Judge the artifact on the test split, which nothing has seen before."""
    plan = containers.plan
    splits = preprocess.properties.ProcessingOutputConfig.Outputs
    options = {"model": f"{INPUT}/model", "test": f"{INPUT}/test", "output": f"{OUTPUT}/evaluation"}
    job = containers.processor().run(
        code=plan.code.evaluate,
        inputs=[
            received("model", train.properties.ModelArtifacts.S3ModelArtifacts),
            received("test", splits["test"].S3Output.S3Uri),
            received("headrace", plan.code.headrace),
        ],
        outputs=[delivered("evaluation", run_uri(plan, "models", "evaluation"))],
        arguments=_arguments(plan, options),
    )
    return ProcessingStep("Evaluate", step_args=job, property_files=[REPORT])


def register(containers: Containers, train: TrainingStep, parameters: Parameters) -> ModelStep:
    """Register the artifact as a new version of the model, with its figures and where it came from."""
    plan = containers.plan
    report = MetricsSource(content_type=JSON, s3_uri=run_uri(plan, "models", "evaluation", REPORT.path))
    package = containers.server(train.properties.ModelArtifacts.S3ModelArtifacts).register(
        model_package_group_name=plan.model_package_group,
        content_types=[JSON],
        response_types=[JSON],
        inference_instances=[plan.usecase.serving.instance_type],
        transform_instances=[plan.usecase.serving.instance_type],
        approval_status=parameters.approval_status,
        model_metrics=ModelMetrics(model_statistics=report),
        customer_metadata_properties={
            "usecase": plan.usecase.name,
            "model_version": ExecutionVariables.PIPELINE_EXECUTION_ID,
            "trigger_reason": parameters.trigger_reason,
            "drift_severity": parameters.drift_severity,
            "input_data": parameters.input_data,
            "data_manifest": run_uri(plan, "training", "manifest", "data_manifest.json"),
        },
    )
    return ModelStep("Register", step_args=package)


def fail(plan: Plan, parameters: Parameters) -> FailStep:
    """End the execution as failed, naming every floor and where the figures are."""
    message: list[object] = ["The model was not registered, for it does not reach every floor:"]
    for gate in plan.gates:
        message += [f" {gate.metric} >= ", parameters.floors[gate.metric], f" ({floor_name(gate)}),"]
    message += [" figures in ", run_uri(plan, "models", "evaluation", REPORT.path)]
    return FailStep("Fail", error_message=Join(on="", values=message))


def check_gates(
    evaluate: ProcessingStep, parameters: Parameters, *, passed: ModelStep, missed: FailStep
) -> ConditionStep:
    """Go on only if every floor is reached on the test split."""
    reached = [
        ConditionGreaterThanOrEqualTo(
            left=JsonGet(
                step_name=evaluate.name,
                property_file=REPORT,
                json_path=f"binary_classification_metrics.{metric}.value",
            ),
            right=floor,
        )
        for metric, floor in parameters.floors.items()
    ]
    return ConditionStep("CheckGates", conditions=reached, if_steps=[passed], else_steps=[missed])


def _arguments(plan: Plan, options: Mapping[str, str]) -> list[str]:
    given = {"usecase": plan.usecase.name, **options, "reason-file": REASON}
    return [text for name, value in given.items() for text in (f"--{name}", value)]
