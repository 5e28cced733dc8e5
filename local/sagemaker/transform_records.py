"""Splits the objects of a transform job into records and requests, and joins the answers with their records."""

import gzip
import json
from collections.abc import Iterator, Sequence
from typing import Any

from jsonpath_ng.exceptions import JsonPathLexerError, JsonPathParserError
from jsonpath_ng.parser import parse as parse_json_path

from local.sagemaker.errors import JobFailedError
from local.sagemaker.platform import Record

_OUTPUT, _INPUT = "SageMakerOutput", "SageMakerInput"
_MB = 1024 * 1024
_DEFAULT_PAYLOAD_MB = 6


def records(body: bytes, request: Record) -> list[bytes]:
    """The records of one object: its lines, or the object as a whole."""
    source = request["TransformInput"]
    plain = gzip.decompress(body) if source.get("CompressionType") == "Gzip" else body
    if source.get("SplitType", "None") == "None":
        return [plain]
    return [line for line in plain.splitlines() if line.strip()]


def requests(lines: Sequence[bytes], request: Record) -> Iterator[list[int]]:
    """Positions of the records that travel together: as many as fit, or one by one.

    Raises:
        JobFailedError: if a record alone is larger than ``MaxPayloadInMB``.
    """
    limit = request.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MB) * _MB
    together = request.get("BatchStrategy", "MultiRecord") == "MultiRecord"
    batch: list[int] = []
    size = 0
    for position, line in enumerate(lines):
        if len(line) > limit:
            raise JobFailedError(f"ClientError: record {position} is larger than MaxPayloadInMB ({limit // _MB})")
        if batch and (not together or size + len(line) + 1 > limit):
            yield batch
            batch, size = [], 0
        batch.append(position)
        size += len(line) + 1
    if batch:
        yield batch


def filtered(line: bytes, path: str) -> bytes:
    """The part of a record that goes to the model."""
    return line if path == "$" else json.dumps(_select(json.loads(line), path)).encode()


def joined(lines: Sequence[bytes], answer: bytes, request: Record) -> list[bytes]:
    """What is written for the records of one request.

    Raises:
        JobFailedError: if records and predictions are not one each, which nothing can join.
    """
    processing = request.get("DataProcessing", {})
    if processing.get("JoinSource", "None") == "None" and processing.get("OutputFilter", "$") == "$":
        return [answer.rstrip(b"\n")]
    predictions = [line for line in answer.splitlines() if line.strip()]
    if len(predictions) != len(lines):
        raise JobFailedError(
            f"ClientError: {len(lines)} records had {len(predictions)} predictions: they cannot be joined"
        )
    return [_join(line, it, processing) for line, it in zip(lines, predictions, strict=True)]


def _join(line: bytes, prediction: bytes, processing: Record) -> bytes:
    output = json.loads(prediction)
    if processing.get("JoinSource") == "Input":
        given = json.loads(line)
        output = {**given, _OUTPUT: output} if isinstance(given, dict) else {_INPUT: given, _OUTPUT: output}
    path = processing.get("OutputFilter", "$")
    return json.dumps(output if path == "$" else _select(output, path)).encode()


def _select(document: Any, path: str) -> Any:
    """The part that a path names; several names, as in ``$['id','SageMakerOutput']``, give an object of them."""
    try:
        found = parse_json_path(path).find(document)
    except (JsonPathLexerError, JsonPathParserError) as exc:
        raise JobFailedError(f"ClientError: {path} is not a JSONPath: {exc}") from exc
    if not found:
        raise JobFailedError(f"ClientError: {path} is not in a record")
    if len(found) == 1 and "," not in path:
        return found[0].value
    return {str(it.path): it.value for it in found}
