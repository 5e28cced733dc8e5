"""The model registry: package groups, versions, approval."""

import threading
from collections.abc import Callable, Iterator, Mapping

from local.sagemaker import state_events
from local.sagemaker.errors import ServiceError, ValidationError
from local.sagemaker.listing import page
from local.sagemaker.platform import Platform, Record
from local.sagemaker.shelf import Shelf

_UPDATABLE = (
    "ModelApprovalStatus",
    "ApprovalDescription",
    "InferenceSpecification",
    "SourceUri",
    "ModelCard",
    "ModelLifeCycle",
    "ModelPackageRegistrationType",
)


class Packages:
    """Model package groups and the versions in them."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._groups = Shelf(
            platform=platform, kind="ModelPackageGroup", noun="model package group", path="model-package-group"
        )
        self._packages: dict[str, Record] = {}
        self._counters: dict[str, int] = {}
        self._lock = threading.RLock()

    def operations(self) -> Mapping[str, Callable[[Record], Record]]:
        """API operations by name."""
        return {
            "CreateModelPackageGroup": self.create_group,
            "DescribeModelPackageGroup": self.describe_group,
            "ListModelPackageGroups": self._list_groups,
            "DeleteModelPackageGroup": self.delete_group,
            "CreateModelPackage": self.create,
            "DescribeModelPackage": self._describe,
            "ListModelPackages": self._list,
            "UpdateModelPackage": self._update,
            "DeleteModelPackage": self._delete,
        }

    def create_group(self, request: Record) -> Record:
        """CreateModelPackageGroup."""
        if self._groups.find(request["ModelPackageGroupName"]):
            arn = self._groups.arn(request["ModelPackageGroupName"])
            raise ValidationError(f"Model Package Group already exists: {arn}")
        return self._groups.add({**request, "ModelPackageGroupStatus": "Completed"})

    def describe_group(self, request: Record) -> Record:
        """DescribeModelPackageGroup."""
        return self._group(request["ModelPackageGroupName"])

    def delete_group(self, request: Record) -> Record:
        """DeleteModelPackageGroup; refused while versions are in it."""
        group = self._group(request["ModelPackageGroupName"])
        if any(self._of_group(group["ModelPackageGroupName"])):
            raise ServiceError(
                "ConflictException", "Model Package Group cannot be deleted because it contains Model Packages."
            )
        self._groups.remove(group["ModelPackageGroupName"])
        return {}

    def find_group(self, name: str) -> Record | None:
        """A group by name or ARN, None if there is none."""
        return self._groups.find(name)

    def _group(self, name: str) -> Record:
        group = self.find_group(name)
        if group is None:
            raise ValidationError(f"ModelPackageGroup {self._groups.arn(self._groups.name(name))} does not exist.")
        return group

    def _list_groups(self, request: Record) -> Record:
        return page(self._groups, request, answer="ModelPackageGroupSummaryList", name="ModelPackageGroupName")

    def create(self, request: Record) -> Record:
        """CreateModelPackage: the next version of a group, waiting for approval unless the request says otherwise."""
        if "ModelPackageGroupName" not in request:
            raise ValidationError("ModelPackageGroupName is required: unversioned model packages are not kept locally.")
        if "ModelPackageName" in request:
            raise ValidationError("Both ModelPackageName and ModelPackageGroupName are provided. Only one is allowed.")
        if "InferenceSpecification" not in request and "SourceAlgorithmSpecification" not in request:
            raise ValidationError(
                "Exactly one of InferenceSpecification or SourceAlgorithmSpecification must be provided."
            )
        group = self._group(request["ModelPackageGroupName"])["ModelPackageGroupName"]
        now = self._platform.now()
        with self._lock:
            version = self._counters[group] = self._counters.get(group, 0) + 1
            arn = self._platform.account.arn(f"model-package/{group}/{version}")
            package = self._packages[arn] = {
                "ModelApprovalStatus": "PendingManualApproval",
                **request,
                "ModelPackageGroupName": group,
                "ModelPackageVersion": version,
                "ModelPackageArn": arn,
                "ModelPackageStatus": "Completed",
                "ModelPackageStatusDetails": {"ValidationStatuses": [], "ImageScanStatuses": []},
                "CreationTime": now,
                "LastModifiedTime": now,
                "CertifyForMarketplace": False,
            }
        self._platform.emit(state_events.package_changed(package))
        return {"ModelPackageArn": arn}

    def find(self, arn: str) -> Record:
        """A package by its ARN. Raises ValidationError if there is none."""
        package = self._packages.get(arn)
        if package is None:
            raise ValidationError(f"ModelPackage {arn} does not exist.")
        return package

    def _of_group(self, group: str) -> Iterator[Record]:
        with self._lock:
            return iter([package for package in self._packages.values() if package["ModelPackageGroupName"] == group])

    def _describe(self, request: Record) -> Record:
        return self.find(request["ModelPackageName"])

    def _list(self, request: Record) -> Record:
        with self._lock:
            packages = list(self._packages.values())
        if "ModelPackageGroupName" in request:
            packages = list(self._of_group(self._group(request["ModelPackageGroupName"])["ModelPackageGroupName"]))
        wanted = request.get("ModelApprovalStatus")
        matching = [package for package in packages if wanted in (None, package["ModelApprovalStatus"])]
        return page(matching, request, answer="ModelPackageSummaryList", name="ModelPackageArn")

    def _update(self, request: Record) -> Record:
        package = self.find(request["ModelPackageArn"])
        with self._lock:
            metadata = {
                **package.get("CustomerMetadataProperties", {}),
                **request.get("CustomerMetadataProperties", {}),
            }
            for name in request.get("CustomerMetadataPropertiesToRemove", []):
                metadata.pop(name, None)
            package.update({name: request[name] for name in _UPDATABLE if name in request})
            package.update(CustomerMetadataProperties=metadata, LastModifiedTime=self._platform.now())
        self._platform.emit(state_events.package_changed(package))
        return {"ModelPackageArn": package["ModelPackageArn"]}

    def _delete(self, request: Record) -> Record:
        package = self.find(request["ModelPackageName"])
        with self._lock:
            self._packages.pop(package["ModelPackageArn"], None)
        return {}
