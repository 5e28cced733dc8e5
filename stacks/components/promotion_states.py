"""The states after a model was registered: it is approved, unless people approve, or broken data freeze promotion."""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambdas.drift_response.settings import MEMORY
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.lock_states import PASSING
from stacks.components.reaction_item import current_key
from stacks.components.reaction_table import ReactionTable
from stacks.components.retry import PASSING_ERRORS, retried
from stacks.target import Target

PACKAGE = "$.registered.Package"
_FROZEN = "$.promotion.Item.frozen.BOOL"
_WHY = "approved by the platform: it passed every gate"


class PromotionStates(Construct):
    """From ``first`` to ``then``, or ``held`` if promotion is frozen; the package is at ``$.registered.Package``.

    The package is the newest of the group: nobody else registers while the lock is held.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        table: ReactionTable,
        then: sfn.IChainable,
        held: sfn.IChainable,
        failed: sfn.IChainable,
    ) -> None:
        super().__init__(scope, id_)
        self._scope, self._table, self._group = scope, table, target.model_package_group_name
        stack = Stack.of(self)
        self._arns = [
            stack.format_arn(service="sagemaker", resource="model-package-group", resource_name=self._group),
            stack.format_arn(service="sagemaker", resource="model-package", resource_name=f"{self._group}/*"),
        ]
        newest, frozen, approve = self._newest(), self._frozen(), self._approve()
        retried(frozen, PASSING)
        for task in (newest, approve):
            retried(task, PASSING_ERRORS)
        for step in (newest, frozen, approve):
            step.add_catch(failed, result_path="$.failure")
        freeze = sfn.Condition.and_(sfn.Condition.is_present(_FROZEN), sfn.Condition.boolean_equals(_FROZEN, True))
        approve.next(then)
        frozen.next(sfn.Choice(scope, "Promotion frozen?").when(freeze, held).otherwise(approve))
        pending = sfn.Condition.string_equals("$.run.ModelApprovalStatus", "PendingManualApproval")
        automatic = sfn.Condition.string_equals("$.run.Promotion", "automatic")
        choice = sfn.Choice(scope, "Approve?").when(sfn.Condition.and_(automatic, pending), frozen)
        self.first = newest.next(choice.otherwise(then))

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, self._arns[1], "Every version of our own group.")

    def _newest(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Find registered",
            service="sagemaker",
            action="listModelPackages",
            iam_action="sagemaker:ListModelPackages",
            iam_resources=self._arns,
            parameters={
                "ModelPackageGroupName": self._group,
                "SortBy": "CreationTime",
                "SortOrder": "Descending",
                "MaxResults": 1,
            },
            result_selector={"Package.$": "$.ModelPackageSummaryList[0].ModelPackageArn"},
            result_path="$.registered",
        )

    def _frozen(self) -> tasks.DynamoGetItem:
        return tasks.DynamoGetItem(
            self._scope,
            "Read freeze",
            table=self._table,
            key=current_key(MEMORY),
            consistent_read=True,
            projection_expression=[tasks.DynamoProjectionExpression().with_attribute("frozen")],
            result_path="$.promotion",
        )

    def _approve(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Approve",
            service="sagemaker",
            action="updateModelPackage",
            iam_action="sagemaker:UpdateModelPackage",
            iam_resources=[self._arns[1]],
            parameters={
                "ModelPackageArn": sfn.JsonPath.string_at(PACKAGE),
                "ModelApprovalStatus": "Approved",
                "ApprovalDescription": _WHY,
            },
            result_path=sfn.JsonPath.DISCARD,
        )
