"""How resources of the templates are called: by their ARNs, and where CloudFormation would make a name up."""

NAMES = {
    "ApprovalsQueue": "approvals",
    "Bucket": "lake",
    "EventFiles": "event-files",
    "FeatureDelivery": "features",
    "Key": "key",
    "LabelFiles": "label-files",
    "Labels": "labels",
    "ReadingFiles": "reading-files",
    "Readings": "readings",
    "State": "window-state",
    "Topic": "topic",
}
"""What the scenarios call things whose names CloudFormation makes up."""
ARNS = {
    "AWS::DynamoDB::Table": "dynamodb:{place}:table/{name}",
    "AWS::IAM::Role": "iam::{account}:role/{name}",
    "AWS::KMS::Key": "kms:{place}:key/{name}",
    "AWS::Kinesis::Stream": "kinesis:{place}:stream/{name}",
    "AWS::KinesisFirehose::DeliveryStream": "firehose:{place}:deliverystream/{name}",
    "AWS::Lambda::Function": "lambda:{place}:function:{name}",
    "AWS::Logs::LogGroup": "logs:{place}:log-group:{name}:*",
    "AWS::S3::Bucket": "s3:::{name}",
    "AWS::SNS::Topic": "sns:{place}:{name}",
    "AWS::SQS::Queue": "sqs:{place}:{name}",
    "AWS::SecretsManager::Secret": "secretsmanager:{place}:secret:{name}",
    "AWS::StepFunctions::StateMachine": "states:{place}:stateMachine:{name}",
}
REF_IS_ARN = frozenset({"AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::SecretsManager::Secret"})
NAME_PROPERTIES = ("Name", "StateMachineName", "FunctionName", "TableName", "QueueName", "BucketName", "RoleName")
