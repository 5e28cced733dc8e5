"""The states that choose the machine of a training: by the rows of its set, where the caller knows them."""

from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from headrace.usecase import UseCase
from pipelines.retraining.sizes import most_rows

PARAMETER, ROWS = "TrainingInstanceType", "TrainingRows"
_GIVEN, _COUNTED = f"$.run.{PARAMETER}", f"$.run.{ROWS}"


class MachineStates(Construct):
    """From ``first``: every way but one ends in ``then`` with ``$.run.TrainingInstanceType`` set.

    The caller's choice stands; of the machines that hold ``$.run.TrainingRows`` it is the smallest; where nobody has
    counted it is the one that the pipeline is sized for. More rows than any machine holds end in ``failed``.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        usecase: UseCase,
        usual: str,
        then: sfn.IChainable,
        failed: sfn.IChainable,
    ) -> None:
        """Choose the machine.

        Args:
            scope: the machine's states; so the names of these are their own.
            id_: within them.
            usecase: whose rows they are, and on how many machines it trains.
            usual: the instance type where nobody has counted the rows.
            then: the state after.
            failed: the state after an error in ``$.failure``.
        """
        super().__init__(scope, id_)
        model = usecase.model
        held = model.cluster.held(model.validation_fraction)
        limits = most_rows(features=len(usecase.feature_names), held=held)
        unknown = sfn.Condition.not_(sfn.Condition.is_present(_COUNTED))
        choice = (
            sfn.Choice(scope, "Machine given?")
            .when(sfn.Condition.is_present(_GIVEN), then)
            .when(unknown, self._chosen(scope, "Usual machine", usual).next(then))
        )
        for instance_type, rows in limits.items():
            fits = sfn.Condition.number_less_than_equals(_COUNTED, rows)
            choice.when(fits, self._chosen(scope, f"Machine {instance_type}", instance_type).next(then))
        largest, rows = list(limits.items())[-1]
        advice = f"give a number up to {rows}, which {largest} holds, or shorten the history"
        cause = sfn.JsonPath.string_at(f"States.Format('{ROWS} is {{}}: {advice}', {_COUNTED})")
        refused = sfn.Pass(
            scope, "No machine", parameters={"Error": "TooManyRows", "Cause": cause}, result_path="$.failure"
        )
        refused.next(failed)
        self.first = choice.otherwise(refused)

    @staticmethod
    def _chosen(scope: Construct, id_: str, instance_type: str) -> sfn.Pass:
        return sfn.Pass(scope, id_, result=sfn.Result.from_string(instance_type), result_path=_GIVEN)
