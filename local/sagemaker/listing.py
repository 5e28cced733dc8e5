"""Filters, sorts and pages a list of resources the way every List operation of SageMaker does."""

import base64
import binascii
from collections.abc import Iterable

from local.sagemaker.errors import ValidationError
from local.sagemaker.platform import Record

_PAGE = 100


def page(records: Iterable[Record], request: Record, *, answer: str, name: str, order: str = "Descending") -> Record:
    """One page of a listing.

    Args:
        records: the resources, oldest first, each with ``CreationTime`` and its name.
        request: the List request: NameContains, CreationTimeAfter, CreationTimeBefore, SortBy, SortOrder, MaxResults,
            NextToken.
        answer: member of the answer that holds the list.
        name: member of a resource that holds its name.
        order: how AWS sorts when the request does not say.

    Raises:
        ValidationError: if the token was not given out by an earlier page.
    """
    found = [record for record in records if _matches(record, request, name)]
    if request.get("SortBy") == "Name":
        found.sort(key=lambda record: str(record.get(name)))
    if request.get("SortOrder", order) == "Descending":
        found.reverse()
    start = _offset(request.get("NextToken"))
    size = int(request.get("MaxResults", _PAGE))
    result: Record = {answer: found[start : start + size]}
    if start + size < len(found):
        result["NextToken"] = base64.b64encode(str(start + size).encode()).decode()
    return result


def _matches(record: Record, request: Record, name: str) -> bool:
    created = record.get("CreationTime", 0.0)
    return (
        request.get("NameContains", "") in str(record.get(name, ""))
        and created > _epoch(request.get("CreationTimeAfter"), float("-inf"))
        and created < _epoch(request.get("CreationTimeBefore"), float("inf"))
    )


def _epoch(value: float | str | None, default: float) -> float:
    return default if value is None else float(value)


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.b64decode(token, validate=True))
    except (binascii.Error, ValueError) as exc:
        raise ValidationError("Invalid NextToken.") from exc
