"""Settings: what stacks write is what functions read, and every mistake is named at once."""

import pytest

from headrace.errors import SettingsError
from headrace.frozen import dataclass
from lambdas.delivery_transform.settings import Settings as DeliveryTransformSettings
from lambdas.deployment.settings import Settings as DeploymentSettings
from lambdas.drift_response.settings import Settings as DriftResponseSettings
from lambdas.enrichment.settings import Settings as EnrichmentSettings
from lambdas.enrichment.settings import feature_groups
from lambdas.event_inbox.settings import Settings as EventInboxSettings
from lambdas.ground_truth.settings import Settings as GroundTruthSettings
from lambdas.inference.settings import Settings as InferenceSettings
from lambdas.label_inbox.settings import Settings as LabelInboxSettings
from lambdas.shared.settings import EnvSettings

COMMON = {"usecase": "fraud", "stage": "dev"}


@dataclass(frozen=True, kw_only=True)
class Sample(EnvSettings):
    """One field of every type."""

    count: int
    share: float = 0.5
    on: bool = False
    note: str | None = None


@pytest.mark.parametrize(
    "settings",
    [
        EnrichmentSettings(
            **COMMON,
            state_table="t",
            feature_delivery_stream="f",
            quarantine_bucket="b",
            endpoint_name="e",
            scoring_deadline_s=3.5,
            store_threads=9,
            feature_groups="customer=c",
        ),
        DeliveryTransformSettings(**COMMON, mask_key_secret_arn="arn:secret"),
        InferenceSettings(**COMMON, state_table="t"),
        GroundTruthSettings(**COMMON, state_table="t", lake_bucket="b"),
        EventInboxSettings(**COMMON, lake_bucket="b", events_stream="e", queue_url="q", most_bytes=7),
        LabelInboxSettings(**COMMON, lake_bucket="b", labels_stream="l", queue_url="q", slice_s=1.5, most_ratio=9),
        DeploymentSettings(**COMMON, stack_name="s", endpoint_name="e", model_package_group="g"),
        DriftResponseSettings(**COMMON, endpoint_name="e", lake_bucket="b", reaction_table="t", topic_arn="arn"),
        Sample(**COMMON, count=3, on=True, note="x"),
    ],
)
def test_what_a_stack_writes_is_what_the_function_reads(settings: EnvSettings) -> None:
    assert type(settings).from_env({**settings.to_env(), "PATH": "/bin"}) == settings


def test_every_missing_and_invalid_variable_is_named_in_one_error() -> None:
    with pytest.raises(SettingsError) as caught:
        Sample.from_env({"STAGE": "dev", "COUNT": "many", "SHARE": "half", "ON": "maybe"})
    for problem in ("USECASE is missing", "COUNT='many' is not a number", "SHARE='half'", "ON='maybe' is neither"):
        assert problem in str(caught.value)


def test_an_absent_or_empty_variable_takes_the_default() -> None:
    read = Sample.from_env({"USECASE": "fraud", "STAGE": "dev", "COUNT": "1", "SHARE": ""})
    assert (read.share, read.on, read.note) == (0.5, False, None)


def test_a_stack_that_leaves_a_required_setting_empty_fails_at_synth() -> None:
    with pytest.raises(SettingsError, match="stage, state_table must not be empty"):
        InferenceSettings(usecase="fraud", stage="", state_table="").to_env()


def test_tokens_of_the_cdk_pass_through_unchanged() -> None:
    token = "${Token[TOKEN.42]}"
    assert InferenceSettings(**COMMON, state_table=token).to_env()["STATE_TABLE"] == token


def test_a_field_of_an_unsupported_type_is_a_programming_error() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Wrong(EnvSettings):
        """A list cannot be told from a text."""

        names: tuple[str, ...]

    with pytest.raises(TypeError, match="unsupported type"):
        Wrong.from_env({"USECASE": "fraud", "STAGE": "dev", "NAMES": "a,b"})


def test_feature_groups_are_read_back_by_entity() -> None:
    groups = {"customer": "headrace-fraud-dev-customer", "terminal": "headrace-fraud-dev-terminal-v2"}
    needed = {"state_table": "t", "feature_delivery_stream": "f", "quarantine_bucket": "b"}
    assert EnrichmentSettings(**COMMON, **needed, feature_groups=feature_groups(groups)).group_of == groups
    assert EnrichmentSettings(**COMMON, **needed).group_of == {}
    with pytest.raises(SettingsError, match="FEATURE_GROUPS='customer': write entity=group"):
        _ = EnrichmentSettings(**COMMON, **needed, feature_groups="customer").group_of
