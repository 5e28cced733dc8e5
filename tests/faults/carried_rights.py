"""Rights that no call of our code asks for, because an AWS service acts under the role: which, when, and why.

Each row holds for a role only while the templates hold what makes the service need it, so a grant that lost its cause
fails like one that never had any. What services ask for is as their own documentation has it.
"""

import re
from dataclasses import dataclass

from role_grants import Grant, Role, Roles
from template_causes import Cause, called_via, either, naming, used, versions

_FUNCTION, _MAPPING = "AWS::Lambda::Function", "AWS::Lambda::EventSourceMapping"
_DELIVERY, _MACHINE = "AWS::KinesisFirehose::DeliveryStream", "AWS::StepFunctions::StateMachine"
_PIPELINE, _MODEL, _GLUE = "AWS::SageMaker::Pipeline", "AWS::SageMaker::Model", "AWS::Glue::Job"
_ENDPOINT = "AWS::SageMaker::Endpoint"
_JOBS = either(used(_MACHINE, "createProcessingJob"), used(_PIPELINE))
_CONTAINERS = either(_JOBS, used(_MODEL))


@dataclass(frozen=True)
class Carried:
    """A service that acts under a role; ``actions`` is a pattern of whole actions that it then takes."""

    service: str
    actions: str
    cause: Cause
    why: str

    def covers(self, roles: Roles, role: Role, grant: Grant) -> bool:
        """Whether this is why a role has a grant."""
        mine = role.service == f"{self.service}.amazonaws.com" and re.fullmatch(self.actions, grant.action)
        return bool(mine) and self.cause(roles, role, grant)


ROWS = (
    Carried(
        "lambda", "xray:Put(TraceSegments|TelemetryRecords)", used(_FUNCTION, '"Mode"'), "traces, if a caller chose to"
    ),
    Carried("lambda", "logs:(CreateLogStream|PutLogEvents)", naming(_FUNCTION, '"LogGroup": "{}"'), "writes its log"),
    Carried(
        "lambda",
        "kinesis:(DescribeStream|DescribeStreamSummary|GetRecords|GetShardIterator|ListShards)",
        naming(_MAPPING, '"EventSourceArn": "{}"'),
        "Lambda reads the stream that the function is mapped to",
    ),
    Carried(
        "lambda",
        "sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)",
        naming(_MAPPING, '"EventSourceArn": "{}"'),
        "Lambda reads the queue that the function is mapped to",
    ),
    Carried("lambda", "sqs:SendMessage", naming(_MAPPING, '"Destination": "{}"'), "Lambda tells which records failed"),
    Carried(
        "lambda",
        "sagemaker:(CreateModel|DeleteModel|AddTags)|iam:PassRole",
        called_via("AWS::SageMaker::Model"),
        "CloudFormation replaces the model",
    ),
    Carried(
        "lambda",
        "sagemaker:(CreateEndpointConfig|DeleteEndpointConfig|AddTags)",
        called_via("AWS::SageMaker::EndpointConfig"),
        "CloudFormation replaces the config",
    ),
    Carried(
        "lambda",
        "sagemaker:(CreateEndpoint|UpdateEndpoint|AddTags)|kms:(CreateGrant|DescribeKey)",
        called_via(_ENDPOINT),
        "CloudFormation makes or updates the endpoint, with encrypted volumes",
    ),
    Carried(
        "lambda",
        "cloudwatch:(PutMetricAlarm|DeleteAlarms|DescribeAlarms)",
        called_via("AWS::CloudWatch::Alarm"),
        "CloudFormation changes the rollback alarms, and scaling those that move the fleet",
    ),
    Carried(
        "lambda",
        "application-autoscaling:.*Scal(ableTargets?|ingPolic(y|ies))",
        called_via("AWS::ApplicationAutoScaling::ScalableTarget"),
        "CloudFormation moves the scaling to the new fleet",
    ),
    Carried(
        "lambda",
        "application-autoscaling:.*ScheduledActions?",
        called_via("AWS::ApplicationAutoScaling::ScalableTarget"),
        "a scalable target holds its scheduled actions",
    ),
    Carried(
        "firehose",
        "s3:(AbortMultipartUpload|GetBucketLocation|GetObject|ListBucket|ListBucketMultipartUploads|PutObject)",
        naming(_DELIVERY),
        "Firehose writes to its destination and to the place of its errors",
    ),
    Carried("firehose", "kms:(Decrypt|GenerateDataKey)", used(_DELIVERY, "KMSEncryptionConfig"), "with the lake's key"),
    Carried("firehose", "logs:(CreateLogStream|PutLogEvents)", naming(_DELIVERY), "Firehose logs its errors"),
    Carried(
        "firehose", "glue:GetTable(Versions?)?", naming(_DELIVERY), "Firehose reads the schema of its Parquet files"
    ),
    Carried(
        "firehose",
        "kinesis:(DescribeStream|GetRecords|GetShardIterator|ListShards)",
        naming(_DELIVERY, '"KinesisStreamARN": "{}"'),
        "Firehose reads its source",
    ),
    Carried("firehose", "lambda:InvokeFunction", naming(_DELIVERY), "Firehose calls its transform, by a version"),
    Carried(
        "sagemaker",
        "s3:(PutObject|PutObjectAcl|GetBucketAcl)|kms:GenerateDataKey",
        used("AWS::SageMaker::FeatureGroup", "OfflineStoreConfig"),
        "the Feature Store writes its offline half",
    ),
    Carried(
        "sagemaker",
        "s3:(AbortMultipartUpload|GetObject|ListBucket|PutObject)",
        _CONTAINERS,
        "SageMaker brings a container its inputs, or its model, and takes its outputs, or what it captured",
    ),
    Carried("sagemaker", "ecr:.*", _CONTAINERS, "SageMaker pulls the container's image"),
    Carried(
        "sagemaker",
        "logs:(CreateLogGroup|CreateLogStream|DescribeLogStreams|PutLogEvents)",
        _CONTAINERS,
        "SageMaker keeps the container's log",
    ),
    Carried(
        "sagemaker",
        "kms:(CreateGrant|Decrypt|DescribeKey|GenerateDataKey)",
        _CONTAINERS,
        "objects and the container's volume are encrypted",
    ),
    Carried("sagemaker", "cloudwatch:PutMetricData", used(_PIPELINE, "Training"), "training reports its metrics"),
    Carried(
        "sagemaker",
        "sagemaker:(AddTags|(Create|Describe|Stop)(ProcessingJob|TrainingJob))|iam:PassRole",
        used(_PIPELINE),
        "the pipeline runs its steps",
    ),
    Carried(
        "sagemaker",
        "sagemaker:(AddTags|(Create|Describe|Update)ModelPackage|DescribeModelPackageGroup)",
        used(_PIPELINE, "ModelPackageGroupName"),
        "the pipeline registers the model",
    ),
    Carried("glue", "s3:(GetObject|ListBucket)", naming(_GLUE), "Glue fetches the job's code"),
    Carried(
        "glue",
        "logs:(AssociateKmsKey|CreateLogGroup|CreateLogStream|PutLogEvents)",
        used(_GLUE, "SecurityConfiguration"),
        "Glue keeps the job's log, encrypted",
    ),
    Carried("glue", "cloudwatch:PutMetricData", used(_GLUE, "--enable-metrics"), "Glue reports the job's metrics"),
    Carried(
        "scheduler", "states:StartExecution", naming("AWS::Scheduler::Schedule", '"Arn": "{}"'), "a schedule starts it"
    ),
    Carried(
        "scheduler",
        "sqs:SendMessage",
        naming("AWS::Scheduler::Schedule", '"DeadLetterConfig": {{"Arn": "{}"'),
        "a schedule that failed is a dead letter",
    ),
    Carried(
        "scheduler",
        "kms:(Decrypt|GenerateDataKey)",
        used("AWS::Scheduler::Schedule", "DeadLetterConfig"),
        "dead letters and inputs are encrypted",
    ),
    Carried("events", "states:StartExecution", naming("AWS::Events::Rule", '"Arn": "{}"'), "a rule starts the machine"),
    Carried(
        "states",
        "logs:(Create|Get|Update|Delete)LogDelivery|logs:(ListLogDeliveries|PutResourcePolicy)"
        "|logs:Describe(ResourcePolicies|LogGroups)",
        used(_MACHINE, "LoggingConfiguration"),
        "Step Functions sets up the delivery of its log",
    ),
    Carried(
        "states",
        "xray:(PutTraceSegments|PutTelemetryRecords|GetSamplingRules|GetSamplingTargets)",
        used(_MACHINE, '"TracingConfiguration": {"Enabled": true}'),
        "Step Functions traces its executions",
    ),
    Carried("states", "lambda:InvokeFunction", versions, "CDK's task grants a function's versions with it"),
    Carried(
        "states",
        "glue:(GetJobRuns|BatchStopJobRun)",
        used(_MACHINE, "glue:startJobRun.sync"),
        "a task that waits for its job looks for it, and stops it when it is stopped itself",
    ),
    Carried(
        "states",
        "sagemaker:ListModelPackages",
        used(_MACHINE, "listModelPackages"),
        "IAM's reference names versions; a listing of one group may be asked of the group",
    ),
)
