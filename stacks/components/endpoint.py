"""A SageMaker endpoint that serves one model package, captures what it answers and rolls back on alarm."""

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from stacks.components.alarm import Alarm
from stacks.components.bucket import LakeBucket
from stacks.stage import Stage
from stacks.target import Target

VARIANT = "AllTraffic"
"""Blue/green updates need the same variant name in the old and the new configuration."""
CAPTURE_FOLDER = "capture/"
ERRORS_PER_MINUTE = 10
LATENCY_LIMIT_US = 200_000
"""ModelLatency is in microseconds."""
LONGEST_ROLLOUT_S = 5_400
"""Beyond the bakes of a linear rollout and the start of its instances; then SageMaker gives up and rolls back."""
_STEP_PERCENT = {"canary": 10, "linear": 25}


class Endpoint(Construct):
    """Model, configuration and endpoint. Model and configuration stay unnamed, because each change replaces them."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        bucket: LakeBucket,
        package_arn: str,
        execution_role_arn: str,
    ) -> None:
        super().__init__(scope, id_)
        self._target = target
        self.alarms = self._build_alarms()
        model = sagemaker.CfnModel(
            scope,
            "Model",
            execution_role_arn=execution_role_arn,
            enable_network_isolation=True,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(model_package_name=package_arn),
        )
        config = self._build_config(scope, model, bucket)
        self.resource = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=target.endpoint_name,
            endpoint_config_name=config.attr_endpoint_config_name,
            # Without it an update would fall back to the configured count and drop what scaling has added.
            retain_all_variant_properties=True,
            deployment_config=self._rollout(target.stage),
        )
        self.resource.override_logical_id("Endpoint")  # the stack policy protects it by this name

    def _build_config(
        self, scope: Construct, model: sagemaker.CfnModel, bucket: LakeBucket
    ) -> sagemaker.CfnEndpointConfig:
        serving = self._target.usecase.serving
        capture = sagemaker.CfnEndpointConfig.DataCaptureConfigProperty(
            enable_capture=True,
            initial_sampling_percentage=serving.sampled_percent,
            destination_s3_uri=f"s3://{bucket.bucket_name}/{CAPTURE_FOLDER.rstrip('/')}",
            kms_key_id=bucket.key.key_arn,
            capture_options=[
                sagemaker.CfnEndpointConfig.CaptureOptionProperty(capture_mode=mode) for mode in ("Input", "Output")
            ],
            # Undeclared content types would be captured as base64, which monitors cannot join with their input.
            capture_content_type_header=sagemaker.CfnEndpointConfig.CaptureContentTypeHeaderProperty(
                json_content_types=["application/json"]
            ),
        )
        variant = sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT,
            model_name=model.attr_model_name,
            instance_type=serving.instance_type,
            initial_instance_count=self._target.min_instances,
            initial_variant_weight=1,
        )
        return sagemaker.CfnEndpointConfig(
            scope,
            "Config",
            production_variants=[variant],
            data_capture_config=capture,
            kms_key_id=bucket.key.key_arn,
        )

    def _build_alarms(self) -> list[Alarm]:
        dimensions = {"EndpointName": self._target.endpoint_name, "VariantName": VARIANT}
        errors = cloudwatch.Metric(
            namespace="AWS/SageMaker", metric_name="Invocation5XXErrors", dimensions_map=dimensions, statistic="Sum"
        )
        latency = cloudwatch.Metric(
            namespace="AWS/SageMaker", metric_name="ModelLatency", dimensions_map=dimensions, statistic="p99"
        )
        return [
            Alarm(
                self,
                "Errors",
                metric=errors,
                threshold=ERRORS_PER_MINUTE,
                periods=1,
                description="The model answers with errors; a rollout in progress is rolled back",
            ),
            Alarm(
                self,
                "Latency",
                metric=latency,
                threshold=LATENCY_LIMIT_US,
                periods=3,
                description="The model's p99 is above 200 ms; a rollout in progress is rolled back",
            ),
        ]

    def _rollout(self, stage: Stage) -> sagemaker.CfnEndpoint.DeploymentConfigProperty:
        step = None
        if stage.rollout != "all_at_once":
            step = sagemaker.CfnEndpoint.CapacitySizeProperty(
                type="CAPACITY_PERCENT", value=_STEP_PERCENT[stage.rollout]
            )
        routing = sagemaker.CfnEndpoint.TrafficRoutingConfigProperty(
            type=stage.rollout.upper(),
            wait_interval_in_seconds=stage.rollout_bake_s,
            canary_size=step if stage.rollout == "canary" else None,
            linear_step_size=step if stage.rollout == "linear" else None,
        )
        return sagemaker.CfnEndpoint.DeploymentConfigProperty(
            blue_green_update_policy=sagemaker.CfnEndpoint.BlueGreenUpdatePolicyProperty(
                traffic_routing_configuration=routing,
                termination_wait_in_seconds=stage.rollout_bake_s,
                maximum_execution_timeout_in_seconds=LONGEST_ROLLOUT_S,
            ),
            auto_rollback_configuration=sagemaker.CfnEndpoint.AutoRollbackConfigProperty(
                alarms=[sagemaker.CfnEndpoint.AlarmProperty(alarm_name=alarm.alarm_name) for alarm in self.alarms]
            ),
        )
