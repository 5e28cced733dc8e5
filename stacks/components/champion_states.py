"""The states that find the champion: the artifact of the newest approved model, for the evaluation to compare with."""

from collections.abc import Sequence

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.target import Target

PARAMETER = "ChampionModel"
_GIVEN = f"$.run.{PARAMETER}"
_NEWEST = "$.approved.ModelPackageSummaryList[0]"


class ChampionStates(Construct):
    """From ``first``: every way ends in ``then`` with ``$.run.ChampionModel`` set, the caller's if there is one."""

    def __init__(self, scope: Construct, id_: str, *, target: Target, no_champion: str, then: sfn.IChainable) -> None:
        """Find the champion.

        Args:
            scope: the machine's states; so the names of these are their own.
            id_: within them.
            target: whose group of models it is.
            no_champion: S3 URI that stands for a champion while no model is approved.
            then: the state after.
        """
        super().__init__(scope, id_)
        self._scope = scope
        stack, group = Stack.of(self), target.model_package_group_name
        self._group = group
        self._arns = {
            "group": stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=group),
            "packages": stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{group}/*"),
        }
        find, further, describe = self._find("Find champion", {}), self._further(), self._describe()
        found = sfn.Pass(scope, "Champion", input_path="$.champion.ModelDataUrl", result_path=_GIVEN)
        nobody = sfn.Result.from_string(no_champion)
        missing = sfn.Pass(scope, "No champion", result=nobody, result_path=_GIVEN)
        describe.next(found).next(then)
        missing.next(then)
        # A page of a filtered list may be empty although there are more.
        approved = (
            sfn.Choice(scope, "Approved one?")
            .when(sfn.Condition.is_present(_NEWEST), describe)
            .when(sfn.Condition.is_present("$.approved.NextToken"), further)
            .otherwise(missing)
        )
        find.next(approved)
        further.next(approved)
        self.calls: Sequence[tasks.CallAwsService] = (find, further, describe)
        self.first = sfn.Choice(scope, "Champion given?")
        self.first.when(sfn.Condition.is_present(_GIVEN), then).otherwise(find)

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, self._arns["packages"], "Every version of our own group.")

    def _further(self) -> tasks.CallAwsService:
        return self._find("Find champion further", {"NextToken": sfn.JsonPath.string_at("$.approved.NextToken")})

    def _find(self, id_: str, more: dict[str, str]) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            id_,
            service="sagemaker",
            action="listModelPackages",
            iam_action="sagemaker:ListModelPackages",
            iam_resources=[*self._arns.values()],
            parameters={
                "ModelPackageGroupName": self._group,
                "ModelApprovalStatus": "Approved",
                "SortBy": "CreationTime",
                "SortOrder": "Descending",
                "MaxResults": 10,
                **more,
            },
            result_path="$.approved",
        )

    def _describe(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Describe champion",
            service="sagemaker",
            action="describeModelPackage",
            iam_action="sagemaker:DescribeModelPackage",
            iam_resources=[self._arns["packages"]],
            parameters={"ModelPackageName": sfn.JsonPath.string_at(f"{_NEWEST}.ModelPackageArn")},
            # All that is wanted of a large answer; a path that leads nowhere fails the run with its name.
            result_selector={"ModelDataUrl.$": "$.InferenceSpecification.Containers[0].ModelDataUrl"},
            result_path="$.champion",
        )
