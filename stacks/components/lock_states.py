"""The states that let one retraining run at a time, and each request once.

The lock names the execution that holds it. A holder that no longer runs, because it was aborted or ran out of time
before it could release the lock, holds nothing: whoever comes next asks Step Functions and takes over. So the lease is
the execution itself, which its time limit ends at the latest.
"""

from collections.abc import Mapping

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from lambdas.drift_response.settings import CLAIMANT, ITEM, LOCK, REQUEST
from stacks.components.acknowledgement import acknowledge_wildcard
from stacks.components.reaction_item import current_key, item_key
from stacks.components.reaction_table import ReactionTable
from stacks.components.retry import retried
from stacks.target import Target

TAKEN = ["DynamoDB.ConditionalCheckFailedException"]
PASSING = [
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceeded",
    "DynamoDB.ThrottlingException",
    "DynamoDB.InternalServerError",
    "DynamoDB.AmazonDynamoDBException",
    "States.Timeout",
]
_ME, _HOLDER = "$$.Execution.Id", "$.lock.Item.owner.S"
_Values = Mapping[str, tasks.DynamoAttributeValue]


class LockStates(Construct):
    """From ``first`` to ``then`` with the lock, to ``busy`` without, to ``heard`` if the request was heard before."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        target: Target,
        table: ReactionTable,
        then: sfn.IChainable,
        busy: sfn.IChainable,
        heard: sfn.IChainable,
        failed: sfn.IChainable,
    ) -> None:
        super().__init__(scope, id_)
        self._scope, self._table = scope, table
        self._executions = Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{target.retraining_machine_name}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        claim = self._claim()
        lock = self._own("Lock", "attribute_not_exists(#owner) OR #owner = :me", {})
        over = self._own("Take over", "#owner = :holder", {":holder": _text(_HOLDER)})
        holder, asked = self._holder(), self._ask()
        pause = sfn.Wait(scope, "Lock again", time=sfn.WaitTime.duration(Duration.seconds(1)))
        for task in (claim, lock, over, holder):
            retried(task, PASSING)
        retried(asked, ["Sfn.SfnException", "States.Timeout"])
        claim.add_catch(heard, errors=TAKEN, result_path=sfn.JsonPath.DISCARD)
        lock.add_catch(holder, errors=TAKEN, result_path=sfn.JsonPath.DISCARD)
        over.add_catch(pause, errors=TAKEN, result_path=sfn.JsonPath.DISCARD)
        asked.add_catch(over, errors=["Sfn.ExecutionDoesNotExistException"], result_path=sfn.JsonPath.DISCARD)
        for step in (claim, lock, over, holder, asked):
            step.add_catch(failed, result_path="$.failure")
        runs = sfn.Condition.string_equals("$.holder.Status", "RUNNING")
        asked.next(sfn.Choice(scope, "Holder runs?").when(runs, busy).otherwise(over))
        held = sfn.Condition.is_present(_HOLDER)
        holder.next(sfn.Choice(scope, "Still held?").when(held, asked).otherwise(pause))
        pause.next(lock)
        lock.next(then)
        over.next(then)
        self.first = claim.next(lock)

    def acknowledge_grants(self, role: iam.Role) -> None:
        """Say why the grants that the tasks bring are as wide as they are."""
        acknowledge_wildcard(role, self._executions, "Executions of this one machine; each has a name of its own.")

    def release(self) -> tasks.DynamoDeleteItem:
        """A state that gives the lock back, if it is ours."""
        release = tasks.DynamoDeleteItem(
            self._scope,
            "Release",
            table=self._table,
            key=current_key(LOCK),
            condition_expression="#owner = :me",
            expression_attribute_names={"#owner": "owner"},
            expression_attribute_values={":me": _text(_ME)},
            result_path=sfn.JsonPath.DISCARD,
        )
        retried(release, PASSING)
        return release

    def _claim(self) -> tasks.DynamoPutItem:
        """A second delivery of one request ends here; a second attempt of the same execution does not."""
        return tasks.DynamoPutItem(
            self._scope,
            "Claim",
            table=self._table,
            item={
                **item_key(REQUEST, _text("$.run.RequestId")),
                CLAIMANT: _text(_ME),
                "at": _text("$$.Execution.StartTime"),
            },
            condition_expression=f"attribute_not_exists({ITEM}) OR #execution = :me",
            expression_attribute_names={"#execution": CLAIMANT},
            expression_attribute_values={":me": _text(_ME)},
            result_path=sfn.JsonPath.DISCARD,
        )

    def _own(self, id_: str, condition: str, values: _Values) -> tasks.DynamoUpdateItem:
        return tasks.DynamoUpdateItem(
            self._scope,
            id_,
            table=self._table,
            key=current_key(LOCK),
            update_expression="SET #owner = :me, #since = :now",
            condition_expression=condition,
            expression_attribute_names={"#owner": "owner", "#since": "since"},
            expression_attribute_values={":me": _text(_ME), ":now": _text("$$.State.EnteredTime"), **values},
            result_path=sfn.JsonPath.DISCARD,
        )

    def _holder(self) -> tasks.DynamoGetItem:
        return tasks.DynamoGetItem(
            self._scope,
            "Find holder",
            table=self._table,
            key=current_key(LOCK),
            consistent_read=True,
            result_path="$.lock",
        )

    def _ask(self) -> tasks.CallAwsService:
        return tasks.CallAwsService(
            self._scope,
            "Ask about holder",
            service="sfn",
            action="describeExecution",
            iam_action="states:DescribeExecution",
            iam_resources=[self._executions],
            parameters={"ExecutionArn": sfn.JsonPath.string_at(_HOLDER)},
            result_selector={"Status.$": "$.Status"},
            result_path="$.holder",
        )


def _text(path: str) -> tasks.DynamoAttributeValue:
    return tasks.DynamoAttributeValue.from_string(sfn.JsonPath.string_at(path))
