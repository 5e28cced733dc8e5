"""Feature groups over the API."""

from collections.abc import Callable, Mapping

from local.sagemaker import state_events
from local.sagemaker.errors import ResourceInUseError, ResourceNotFoundError, ValidationError
from local.sagemaker.listing import page
from local.sagemaker.platform import Platform, Record
from local.sagemaker.shelf import Shelf

RESERVED = ("is_deleted", "write_time", "api_invocation_time")
_TIME_TYPES = ("String", "Fractional")


class FeatureGroups:
    """Every feature group of this process."""

    def __init__(self, platform: Platform, forget: Callable[[str], None]) -> None:
        """``forget`` is called with the name of a group that was deleted."""
        self._platform = platform
        self._forget = forget
        self._shelf = Shelf(platform=platform, kind="FeatureGroup", noun="feature group", path="feature-group")

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name."""
        return {
            "CreateFeatureGroup": self.create,
            "DescribeFeatureGroup": self.describe,
            "ListFeatureGroups": self._list,
            "UpdateFeatureGroup": self.update,
            "DeleteFeatureGroup": self.delete,
        }

    def create(self, request: Record) -> Record:
        """CreateFeatureGroup."""
        name = request["FeatureGroupName"]
        if self._shelf.find(name):
            raise ResourceInUseError(
                f"Resource Already Exists: FeatureGroup with name {name} already exists. Choose a different name."
            )
        _require_features(request)
        online = request.get("OnlineStoreConfig", {}).get("EnableOnlineStore", False)
        offline = request.get("OfflineStoreConfig")
        if not online and offline is None:
            raise ValidationError("At least one of OnlineStoreConfig and OfflineStoreConfig must be enabled.")
        record = {
            **request,
            "FeatureGroupStatus": "Creating",
            "FeatureDefinitions": list(request["FeatureDefinitions"]),
        }
        if offline is not None:
            if "RoleArn" not in request:
                raise ValidationError("RoleArn is required when OfflineStoreConfig is set.")
            record |= {"OfflineStoreStatus": {"Status": "Active"}, "OfflineStoreConfig": self._offline(name, offline)}
        group = self._shelf.add(record)
        self._change(group, "Creating")
        self._change(group, "Created")
        return group

    def update(self, request: Record) -> Record:
        """UpdateFeatureGroup: adds features; AWS can remove none."""
        group = self._find(request["FeatureGroupName"])
        additions = request.get("FeatureAdditions", [])
        merged = [*group["FeatureDefinitions"], *additions]
        _require_features({**group, "FeatureDefinitions": merged})
        ttl = request.get("OnlineStoreConfig", {}).get("TtlDuration")
        if ttl is not None:
            if not group.get("OnlineStoreConfig", {}).get("EnableOnlineStore"):
                raise ValidationError("TtlDuration needs an online store.")
            group["OnlineStoreConfig"] = {**group["OnlineStoreConfig"], "TtlDuration": ttl}
        group.update(FeatureDefinitions=merged, LastUpdateStatus={"Status": "Successful"})
        self._change(group, "Created")
        return group

    def describe(self, request: Record) -> Record:
        """DescribeFeatureGroup."""
        return self._find(request["FeatureGroupName"])

    def delete(self, request: Record) -> Record:
        """DeleteFeatureGroup: the online records go, the offline files stay."""
        group = self._find(request["FeatureGroupName"])
        self._change(group, "Deleting")
        self._shelf.remove(group["FeatureGroupName"])
        self._forget(group["FeatureGroupName"])
        return {}

    def find(self, name_or_arn: str) -> Record | None:
        """A group or None."""
        return self._shelf.find(name_or_arn)

    def _find(self, name: str) -> Record:
        group = self._shelf.find(name)
        if group is None:
            raise ResourceNotFoundError(
                f"Resource Not Found: Amazon SageMaker can't find a FeatureGroup with name {self._shelf.name(name)}"
            )
        return group

    def _list(self, request: Record) -> Record:
        wanted = request.get("FeatureGroupStatusEquals")
        groups = [group for group in self._shelf if wanted in (None, group["FeatureGroupStatus"])]
        return page(groups, request, answer="FeatureGroupSummaries", name="FeatureGroupName", order="Ascending")

    def _offline(self, name: str, config: Record) -> Record:
        storage = config["S3StorageConfig"]
        account = self._platform.account
        place = f"{account.id}/sagemaker/{account.region}/offline-store/{name}-{int(self._platform.now())}/data"
        return {
            "DisableGlueTableCreation": False,
            "TableFormat": "Glue",
            **config,
            "S3StorageConfig": {**storage, "ResolvedOutputS3Uri": f"{storage['S3Uri'].rstrip('/')}/{place}"},
        }

    def _change(self, group: Record, status: str) -> None:
        group.update(FeatureGroupStatus=status, LastModifiedTime=self._platform.now())
        self._platform.emit(state_events.feature_group_changed(group))


def _require_features(request: Record) -> None:
    definitions = {definition["FeatureName"]: definition for definition in request["FeatureDefinitions"]}
    if len(definitions) != len(request["FeatureDefinitions"]):
        raise ValidationError("FeatureDefinitions contain duplicate feature names.")
    taken = [name for name in definitions if name.lower() in RESERVED]
    if taken:
        raise ValidationError(f"Feature names {taken} are reserved.")
    for member in ("RecordIdentifierFeatureName", "EventTimeFeatureName"):
        if request[member] not in definitions:
            raise ValidationError(f"{member} {request[member]} is not in FeatureDefinitions.")
    time_type = definitions[request["EventTimeFeatureName"]]["FeatureType"]
    if time_type not in _TIME_TYPES:
        raise ValidationError(f"Event time feature type must be one of {', '.join(_TIME_TYPES)}, not {time_type}.")
