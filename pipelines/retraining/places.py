"""Where an execution reads and writes: S3 on one side, the container's folders on the other."""

from sagemaker.core.helper.pipeline_variable import PipelineVariable
from sagemaker.core.shapes import ProcessingInput, ProcessingOutput, ProcessingS3Input, ProcessingS3Output
from sagemaker.core.workflow.execution_variables import ExecutionVariables
from sagemaker.core.workflow.functions import Join

from pipelines.retraining.plan import INPUT, OUTPUT, Plan


def run_uri(plan: Plan, prefix: str, *parts: str) -> Join:
    """A place of this execution in the lake: ``{prefix}/{execution id}/...``."""
    return Join(on="/", values=[f"s3://{plan.bucket}/{prefix}", ExecutionVariables.PIPELINE_EXECUTION_ID, *parts])


def received(name: str, uri: str | PipelineVariable) -> ProcessingInput:
    """A folder of the container that is filled from S3 before the job starts."""
    source = ProcessingS3Input(s3_uri=uri, local_path=f"{INPUT}/{name}", s3_data_type="S3Prefix", s3_input_mode="File")
    return ProcessingInput(input_name=name, s3_input=source)


def delivered(name: str, uri: str | PipelineVariable) -> ProcessingOutput:
    """A folder of the container that is copied to S3 when the job has ended well."""
    target = ProcessingS3Output(s3_uri=uri, local_path=f"{OUTPUT}/{name}", s3_upload_mode="EndOfJob")
    return ProcessingOutput(output_name=name, s3_output=target)
