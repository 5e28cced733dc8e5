"""The online half of Feature Store: put, get and delete records by identifier, with the ordering rules of AWS."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.sagemaker import feature_types
from local.sagemaker.errors import ServiceError
from local.sagemaker.feature_groups import FeatureGroups
from local.sagemaker.offline_store import OfflineRow, OfflineStore
from local.sagemaker.platform import Platform, Record
from local.sagemaker.state_events import iso

_UNIT_S: Mapping[str, int] = {"Seconds": 1, "Minutes": 60, "Hours": 3600, "Days": 86_400, "Weeks": 604_800}
_BATCH_NAMES = 100


@dataclass(frozen=True, kw_only=True)
class _Online:
    """The newest record of one identifier. ``values`` is empty for a deleted one."""

    event_time: float
    values: Mapping[str, Record]
    expires_at: float | None
    deleted: bool = False


class Records:
    """The records of every feature group."""

    def __init__(self, platform: Platform, offline: OfflineStore) -> None:
        self._platform = platform
        self._offline = offline
        self._online: dict[str, dict[str, _Online]] = {}
        self._lock = threading.Lock()
        self.groups = FeatureGroups(platform, self._forget)

    def _forget(self, group: str) -> None:
        with self._lock:
            self._online.pop(group, None)

    def put(self, request: Record) -> Record:
        """PutRecord: offline always, online only when the event is newer than what is there."""
        group = self._group(request["FeatureGroupName"])
        values = self._checked(group, request["Record"])
        self._store(group, values, request, deleted=False)
        return {}

    def delete(self, request: Record) -> Record:
        """DeleteRecord: the online record goes, a row that says so is added offline."""
        group = self._group(request["FeatureGroupName"])
        values = {
            group["RecordIdentifierFeatureName"]: {"ValueAsString": request["RecordIdentifierValueAsString"]},
            group["EventTimeFeatureName"]: {"ValueAsString": request["EventTime"]},
        }
        self._store(group, values, request, deleted=True)
        if request.get("DeletionMode", "SoftDelete") == "HardDelete":
            with self._lock:
                records = self._online.get(group["FeatureGroupName"], {})
                if records.get(request["RecordIdentifierValueAsString"], _NEVER).deleted:
                    records.pop(request["RecordIdentifierValueAsString"])
        return {}

    def get(self, request: Record) -> Record:
        """GetRecord; an unknown, deleted or expired identifier gives an empty answer."""
        group = self._online_group(request["FeatureGroupName"])
        names = request.get("FeatureNames")
        found = self._find(group, request["RecordIdentifierValueAsString"], names)
        if found is None:
            return {}
        answer: Record = {"Record": _values(group, found, names)}
        if request.get("ExpirationTimeResponse") == "Enabled" and found.expires_at is not None:
            answer["ExpiresAt"] = iso(found.expires_at)
        return answer

    def batch_get(self, request: Record) -> Record:
        """BatchGetRecord: what was found, and an error per identifier that could not be looked up."""
        answer: Record = {"Records": [], "Errors": [], "UnprocessedIdentifiers": []}
        for item in request["Identifiers"]:
            identifiers: Sequence[str] = item["RecordIdentifiersValueAsString"]
            if len(identifiers) > _BATCH_NAMES:
                raise feature_types.rejected(
                    f"at most {_BATCH_NAMES} record identifiers per feature group, not {len(identifiers)}"
                )
            for identifier in identifiers:
                single = {
                    "FeatureGroupName": item["FeatureGroupName"],
                    "RecordIdentifierValueAsString": identifier,
                    "ExpirationTimeResponse": request.get("ExpirationTimeResponse", "Disabled"),
                }
                if "FeatureNames" in item:
                    single["FeatureNames"] = item["FeatureNames"]
                self._batch_one(single, answer)
        return answer

    def _batch_one(self, request: Record, answer: Record) -> None:
        where = {
            "FeatureGroupName": request["FeatureGroupName"],
            "RecordIdentifierValueAsString": request["RecordIdentifierValueAsString"],
        }
        try:
            found = self.get(request)
        except ServiceError as exc:
            answer["Errors"].append({**where, "ErrorCode": exc.code, "ErrorMessage": exc.message})
            return
        if found:
            answer["Records"].append({**where, **found})

    def _group(self, name: str) -> Record:
        group = self.groups.find(name)
        if group is None:
            raise ServiceError("ResourceNotFound", f"Resource Not Found: FeatureGroup {name} not found.", status=404)
        return group

    def _online_group(self, name: str) -> Record:
        group = self._group(name)
        if not group.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
            raise feature_types.rejected(f"FeatureGroup {name} has no online store.")
        return group

    def _checked(self, group: Record, record: Sequence[Record]) -> dict[str, Record]:
        definitions = {definition["FeatureName"]: definition for definition in group["FeatureDefinitions"]}
        values: dict[str, Record] = {}
        for value in record:
            name = value["FeatureName"]
            if name not in definitions:
                raise feature_types.rejected(
                    f"FeatureName {name} is not a feature of FeatureGroup {group['FeatureGroupName']}."
                )
            if name in values:
                raise feature_types.rejected(f"FeatureName {name} is there twice.")
            feature_types.check(name, value, definitions[name])
            values[name] = {key: text for key, text in value.items() if key != "FeatureName"}
        for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
            if group[member] not in values or not values[group[member]].get("ValueAsString"):
                raise feature_types.rejected(f"Record must contain a value for {member} {group[member]}.")
        return values

    def _store(self, group: Record, values: Mapping[str, Record], request: Record, *, deleted: bool) -> None:
        definitions = {definition["FeatureName"]: definition for definition in group["FeatureDefinitions"]}
        time_name = group["EventTimeFeatureName"]
        moment = feature_types.event_time(values[time_name]["ValueAsString"], definitions[time_name]["FeatureType"])
        targets = request.get("TargetStores", ["OnlineStore", "OfflineStore"])
        if "OfflineStore" in targets and "OfflineStoreConfig" in group:
            row = {name: feature_types.typed(values.get(name), definition) for name, definition in definitions.items()}
            self._offline.add(
                group, OfflineRow(values=row, event_time=moment, deleted=deleted, invoked_at=self._platform.now())
            )
        if "OnlineStore" not in targets or not group.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
            return
        ttl = request.get("TtlDuration") or group["OnlineStoreConfig"].get("TtlDuration")
        expires_at = moment + ttl["Value"] * _UNIT_S[ttl["Unit"]] if ttl else None
        identifier = values[group["RecordIdentifierFeatureName"]]["ValueAsString"]
        with self._lock:
            records = self._online.setdefault(group["FeatureGroupName"], {})
            if moment > records.get(identifier, _NEVER).event_time:
                records[identifier] = _Online(
                    event_time=moment, values={} if deleted else values, expires_at=expires_at, deleted=deleted
                )

    def _find(self, group: Record, identifier: str, names: Sequence[str] | None) -> _Online | None:
        known = {definition["FeatureName"] for definition in group["FeatureDefinitions"]}
        if names is not None and (unknown := sorted(set(names) - known)):
            raise feature_types.rejected(
                f"FeatureNames {unknown} are not features of FeatureGroup {group['FeatureGroupName']}."
            )
        with self._lock:
            found = self._online.get(group["FeatureGroupName"], {}).get(identifier)
        if (
            found is None
            or found.deleted
            or (found.expires_at is not None and found.expires_at <= self._platform.now())
        ):
            return None
        return found


def _values(group: Record, found: _Online, names: Sequence[str] | None) -> list[Record]:
    order = [definition["FeatureName"] for definition in group["FeatureDefinitions"]]
    return [
        {"FeatureName": name, **found.values[name]}
        for name in order
        if name in found.values and (names is None or name in names)
    ]


_NEVER = _Online(event_time=float("-inf"), values={}, expires_at=None)
