"""Event source mappings as ministack stores them, for the Kinesis ones that we run ourselves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from local.clock import clock
from local.emulator.mapping_retry import Policy
from local.emulator.ministack_core import module, scope


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """One Kinesis mapping. Mappings with equal settings behave equally, so a changed one is a new one."""

    uuid: str
    stream_arn: str
    function: str
    role_arn: str
    function_arn: str
    batch_size: int
    window_s: float
    policy: Policy
    destination: str
    filtered: bool


def install(anchor: Callable[[str, str, str], None]) -> None:
    """Stop ministack's own Kinesis poller, and call ``anchor(uuid, stream ARN, starting position)`` on creation."""
    service = module("services.lambda_svc")
    initialise = service._init_stream_position

    def initialised(uuid: str, stream_arn: str, starting: str) -> None:
        initialise(uuid, stream_arn, starting)
        if ":kinesis:" in stream_arn:
            anchor(uuid, stream_arn, starting)

    service._init_stream_position = initialised
    service._poll_kinesis = lambda: False


def enabled_mappings() -> Iterator[Mapping]:
    """The Kinesis mappings that should run: enabled, with a function that exists."""
    service = module("services.lambda_svc")
    for _account, _region, stored in list(service._iter_all_esms()):
        if ":kinesis:" not in stored.get("EventSourceArn", "") or str(stored.get("Enabled", True)).lower() == "false":
            continue
        with scope():
            _function, config = service._get_func_record_for_qualifier(stored["FunctionName"], stored.get("Qualifier"))
        if config:
            yield _mapping(stored, config)


def _mapping(stored: dict[str, Any], config: dict[str, Any]) -> Mapping:
    def number(name: str, default: int) -> int:
        return int(stored[name]) if stored.get(name) is not None else default

    policy = Policy(
        report_item_failures="ReportBatchItemFailures" in (stored.get("FunctionResponseTypes") or []),
        bisect=str(stored.get("BisectBatchOnFunctionError", False)).lower() == "true",
        retries=number("MaximumRetryAttempts", -1),
        record_age_s=number("MaximumRecordAgeInSeconds", -1),
    )
    on_failure = (stored.get("DestinationConfig") or {}).get("OnFailure") or {}
    return Mapping(
        uuid=stored["UUID"],
        stream_arn=stored["EventSourceArn"],
        function=stored["FunctionName"],
        role_arn=config.get("Role", ""),
        function_arn=stored["FunctionArn"],
        batch_size=number("BatchSize", 100),
        window_s=number("MaximumBatchingWindowInSeconds", 0),
        policy=policy,
        destination=on_failure.get("Destination", ""),
        filtered=bool(stored.get("FilterCriteria")),
    )


def keep_matching(uuid: str, event_records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The event records that the mapping's filter criteria let through."""
    service = module("services.lambda_svc")
    with scope():
        stored = service._esms.get(uuid) or {}
        kept: list[dict[str, Any]] = service._apply_filter_criteria(list(event_records), stored)
    return kept


def report_result(uuid: str, result: str) -> None:
    """Show the result of the last batch in GetEventSourceMapping."""
    with scope():
        stored = module("services.lambda_svc")._esms.get(uuid)
        if stored is not None:
            stored.update(LastProcessingResult=result, LastModified=int(clock.now()))
