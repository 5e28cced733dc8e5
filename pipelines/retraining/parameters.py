"""What an execution can be started with. SageMaker rejects a parameter that is not declared here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sagemaker.core.workflow.parameters import Parameter, ParameterFloat, ParameterString

from headrace.usecase import Gate

APPROVALS = ("PendingManualApproval", "Approved", "Rejected")


def floor_name(gate: Gate) -> str:
    """The parameter that holds a gate's floor: ``MinAveragePrecision`` for ``average_precision``."""
    return "Min" + "".join(word.capitalize() for word in gate.metric.split("_"))


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """The declared parameters. ``champion`` is the deployed model's artifact, ``floors`` one per gate, by metric."""

    input_data: ParameterString
    approval_status: ParameterString
    trigger_reason: ParameterString
    drift_severity: ParameterString
    champion: ParameterString
    training_instance_type: ParameterString
    floors: Mapping[str, ParameterFloat]

    @property
    def declared(self) -> Sequence[Parameter]:
        """All of them, in the order of the definition."""
        why = (self.trigger_reason, self.drift_severity)
        named = (self.input_data, self.approval_status, *why, self.champion, self.training_instance_type)
        return [*named, *self.floors.values()]


def declare(gates: Sequence[Gate], *, no_champion: str, training_instance_type: str) -> Parameters:
    """Declare the parameters of a use case with these gates. Only the input has no default: it must be named."""
    return Parameters(
        input_data=ParameterString("InputData"),
        approval_status=ParameterString("ModelApprovalStatus", default_value=APPROVALS[0], enum_values=[*APPROVALS]),
        trigger_reason=ParameterString("TriggerReason", default_value="manual"),
        drift_severity=ParameterString("DriftSeverity", default_value="none"),
        champion=ParameterString("ChampionModel", default_value=no_champion),
        training_instance_type=ParameterString("TrainingInstanceType", default_value=training_instance_type),
        floors={gate.metric: ParameterFloat(floor_name(gate), default_value=float(gate.minimum)) for gate in gates},
    )
