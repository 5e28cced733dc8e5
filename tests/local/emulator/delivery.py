"""A delivery stream of the running emulator."""

from typing import Any

from local_account import Account

TRANSFORM = """
import base64, json, os, time, boto3
s3 = boto3.client("s3")

def handler(event, context):
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"seen/{time.time_ns()}", Body=json.dumps(event))
    mode = os.environ["MODE"]
    answers = []
    for record in event["records"]:
        data = base64.b64decode(record["data"]).decode()
        result = {"drop": "Dropped", "fail": "ProcessingFailed"}.get(data, "Ok")
        body = base64.b64encode((data.upper() + "\\n").encode()).decode()
        answers.append({"recordId": record["recordId"], "result": result, "data": body})
    if mode == "missing":
        answers.pop()
    if mode == "twice":
        answers.append(answers[0])
    if mode == "text":
        answers[0]["data"] = "not base64!"
    if mode == "enum":
        answers[0]["result"] = "OK"
    if mode == "raise":
        raise RuntimeError("broken transform")
    return {"records": answers}
"""


class Delivery:
    """A delivery stream into a bucket of its own."""

    def __init__(self, account: Account, *, source: str = "", mode: str = "", role: str = "", **config: Any) -> None:
        self._account = account
        self.bucket = account.bucket()
        self.name = account.name("delivery")
        self.function = ""
        role = role or account.role()
        if mode:
            self.function = account.function(TRANSFORM, BUCKET=self.bucket, MODE=mode)
            parameters = {"LambdaArn": self.function, "NumberOfRetries": "1"}
            listed = [{"ParameterName": name, "ParameterValue": value} for name, value in parameters.items()]
            config["ProcessingConfiguration"] = {
                "Enabled": True,
                "Processors": [{"Type": "Lambda", "Parameters": listed}],
            }
        request: dict[str, Any] = {
            "DeliveryStreamName": self.name,
            "ExtendedS3DestinationConfiguration": {
                "RoleARN": role,
                "BucketARN": f"arn:aws:s3:::{self.bucket}",
                "Prefix": "data/",
                "ErrorOutputPrefix": "errors/!{firehose:error-output-type}/",
                **config,
            },
        }
        if source:
            request["DeliveryStreamType"] = "KinesisStreamAsSource"
            request["KinesisStreamSourceConfiguration"] = {"KinesisStreamARN": source, "RoleARN": role}
        account.client("firehose").create_delivery_stream(**request)

    def put(self, *data: str) -> None:
        """Put records in one call."""
        records = [{"Data": item.encode()} for item in data]
        answer = self._account.client("firehose").put_record_batch(DeliveryStreamName=self.name, Records=records)
        assert answer["FailedPutCount"] == 0

    def objects(self, prefix: str) -> dict[str, bytes]:
        """Objects under a prefix."""
        return self._account.objects(self.bucket, prefix)

    def buffered(self) -> int:
        """Records not yet in an object."""
        streams = self._account.loop.idle()["delivery_streams"]["streams"]
        return sum(stream["buffered"] for stream in streams if stream["name"] == self.name)
