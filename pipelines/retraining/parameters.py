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
    data_version: ParameterString
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
        named = (
            self.input_data,
            self.data_version,
            self.approval_status,
            *why,
            self.champion,
            self.training_instance_type,
        )
        return [*named, *self.floors.values()]


def declare(gates: Sequence[Gate], *, no_champion: str, training_instance_type: str) -> Parameters:
    """Declare the parameters of a use case with these gates. Only the input and its version must be named.

    A training set may be brought up to date where it lies. Its place alone would let a step that is cached give the
    splits of older rows, so the version is part of what decides: a digest of the set's manifest, or a new text each
    time to run everything.
    """
    return Parameters(
        input_data=ParameterString("InputData"),
        data_version=ParameterString("DataVersion"),
        approval_status=ParameterString("ModelApprovalStatus", default_value=APPROVALS[0], enum_values=[*APPROVALS]),
        trigger_reason=ParameterString("TriggerReason", default_value="manual"),
        drift_severity=ParameterString("DriftSeverity", default_value="none"),
        champion=ParameterString("ChampionModel", default_value=no_champion),
        training_instance_type=ParameterString("TrainingInstanceType", default_value=training_instance_type),
        floors={gate.metric: ParameterFloat(floor_name(gate), default_value=float(gate.minimum)) for gate in gates},
    )
