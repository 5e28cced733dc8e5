"""The CDK application: reads context alike under ``python app.py`` and ``cdk synth``, and synthesizes reproducibly.

``python app.py`` alone would ignore the feature flags of cdk.json, and the CDK command adds metadata that a plain run
does not, so both are settled here: equal sources give equal templates, byte for byte, however they are synthesized.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from aws_cdk import App, Tags

import usecases
from headrace.errors import UseCaseError
from stacks import network, packs, profiles, recorded
from stacks.stage import stage
from stacks.target import Target

ROOT = Path(__file__).resolve().parent.parent
_REPRODUCIBLE = {
    "aws:cdk:enable-path-metadata": False,
    "aws:cdk:enable-asset-metadata": False,
    "aws:cdk:disable-stack-trace": True,
    "aws:cdk:disable-creation-stack-traces": True,  # they name the temporary folder of the jsii kernel
    "aws:cdk:version-reporting": False,
}


class Application(App):
    """A CDK app whose stacks belong to one ``target``. A finding of cdk-nag without a reason stops its synthesis."""

    def __init__(self, *, context: Mapping[str, str], outdir: str | None = None, linted: bool = False) -> None:
        """Load the context.

        Args:
            context: values from the command line; they win over the CDK command's and over those of cdk.json.
            outdir: where the assembly goes; the CDK command's choice or a temporary directory if None.
            linted: also run CDK's own linter, which takes several times as long as everything else; tests do.
        """
        declared = json.loads((ROOT / "cdk.json").read_text())["context"]
        super().__init__(
            context=declared,
            post_cli_context={**_REPRODUCIBLE, **context},
            outdir=outdir,
            analytics_reporting=False,
            tree_metadata=False,
            stack_traces=False,
            performance_reporting=False,
            builtin_cloud_formation_validation=linted,
        )
        usecase = usecases.load(self._required("usecase"))
        self.target = Target(
            usecase=usecase,
            stage=profiles.hardened(stage(self._required("stage")), usecase.compliance),
            region=self._required("region"),
            account=self.node.try_get_context("account"),
            boundary=self.node.try_get_context("boundary"),
            record=recorded.load(usecase.name),
            network=network.read(self.node.try_get_context("subnets"), self.node.try_get_context("security_groups")),
        )
        recorded.require(self.target)
        network.require(self.target.network, wanted=usecase.serving.vpc)
        profiles.require(self.target)
        self._tag()
        packs.enforce(self)

    def _required(self, key: str) -> str:
        value = self.node.try_get_context(key)
        if not isinstance(value, str) or not value:
            raise UseCaseError("context", f"{key} is missing", f"give --context {key}=...")
        return value

    def _tag(self) -> None:
        for key, value in (("headrace:usecase", self.target.usecase.name), ("headrace:stage", self.target.stage.name)):
            # A changed tag replaces a feature group, and with it everything it stores.
            Tags.of(self).add(key, value, exclude_resource_types=["AWS::SageMaker::FeatureGroup"])
