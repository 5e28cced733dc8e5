"""Runs one batch transform job: every object of a prefix through the model's own server, ``.out`` after each name."""

import contextlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from local.sagemaker import transfer, transform_records
from local.sagemaker.errors import JobFailedError, JobStoppedError, ValidationError
from local.sagemaker.fleet import FleetBuilder
from local.sagemaker.launch import FleetError
from local.sagemaker.many_models import ManyModels
from local.sagemaker.platform import ObjectError, Objects, Record, S3Location
from local.sagemaker.processing import JobRun
from local.sagemaker.server import Server, UnavailableError

_TIMEOUT_S, _RETRIES = 600.0, 3
_OK = 200


@dataclass(frozen=True, kw_only=True)
class Transforms:
    """Runs jobs; models and their servers are those of endpoints."""

    builder: FleetBuilder

    def run(self, request: Record, job: JobRun) -> Record:
        """Run a transform job.

        Args:
            request: a valid CreateTransformJob request.
            job: the run.

        Returns:
            Nothing that the run adds to DescribeTransformJob.

        Raises:
            JobFailedError: with AWS's FailureReason.
            JobStoppedError: if it was stopped.
        """
        variant = {"VariantName": "AllTraffic", "ModelName": request["ModelName"]}
        try:
            server, role = self.builder.start(job.name, variant)
        except FleetError as exc:
            raise JobFailedError(f"AlgorithmError: {exc}") from exc
        except ValidationError as exc:
            raise JobFailedError(f"ClientError: {exc}") from exc
        with contextlib.closing(server):
            if isinstance(server, ManyModels):
                raise JobFailedError("ClientError: batch transform does not take multi-model containers")
            _transform(request, job, server, job.platform.objects(role))
        return {}


def _transform(request: Record, job: JobRun, server: Server, objects: Objects) -> None:
    source = request["TransformInput"]["DataSource"]["S3DataSource"]
    if source["S3DataType"] != "S3Prefix":
        raise JobFailedError(f"ClientError: {source['S3DataType']} input does not run locally; use S3Prefix")
    prefix = S3Location.parse(source["S3Uri"])
    target = S3Location.parse(request["TransformOutput"]["S3OutputPath"])
    end = b"\n" if request["TransformOutput"].get("AssembleWith", "None") == "Line" else b""
    try:
        for key in transfer.matching_keys(objects, prefix, prefix.uri):
            lines = transform_records.records(objects.read(S3Location(prefix.bucket, key)), request)
            written = _answers(request, job, server, lines)
            name = f"{transfer.relative(key, prefix.key)}.out"
            objects.write(target.child(name), b"".join(record + end for record in written))
    except ObjectError as exc:
        raise JobFailedError(f"ClientError: {exc}") from exc


def _answers(request: Record, job: JobRun, server: Server, lines: Sequence[bytes]) -> Iterator[bytes]:
    path = request.get("DataProcessing", {}).get("InputFilter", "$")
    parallel = max(1, request.get("MaxConcurrentTransforms", 1))

    def ask(positions: Sequence[int]) -> list[bytes]:
        if job.stop.is_set():
            raise JobStoppedError("stopped on request")
        sent = [lines[position] for position in positions]
        body = b"\n".join(transform_records.filtered(line, path) for line in sent)
        return transform_records.joined(sent, _ask(request, server, body), request)

    with ThreadPoolExecutor(parallel, thread_name_prefix="transform") as pool:
        for answered in pool.map(ask, transform_records.requests(lines, request)):
            yield from answered


def _ask(request: Record, server: Server, body: bytes) -> bytes:
    client = request.get("ModelClientConfig", {})
    timeout_s = float(client.get("InvocationsTimeoutInSeconds", _TIMEOUT_S))
    sent = {"Content-Type": request["TransformInput"].get("ContentType", "application/octet-stream")}
    sent["Accept"] = request["TransformOutput"].get("Accept", "*/*")
    reason = ""
    for _ in range(1 + client.get("InvocationsMaxRetries", _RETRIES)):
        try:
            answer = server.invoke(body, sent, timeout_s)
        except UnavailableError as exc:
            reason = str(exc)
            continue
        if answer.status == _OK:
            return answer.body
        reason = f"{answer.status}: {answer.body.decode(errors='replace')[:500]}"
    raise JobFailedError(f"AlgorithmError: the model did not answer a request: {reason}")
