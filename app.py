"""Composition root: which stacks there are and what each takes from the others.

    python app.py --context usecase=fraud --context stage=local --output cdk.out

Also the ``app`` of cdk.json, so that ``cdk synth`` and ``cdk deploy`` give the same templates.
"""

import argparse
import os
import shutil
from pathlib import Path

from headrace.errors import UseCaseError
from stacks.application import Application
from stacks.endpoint import EndpointStack
from stacks.features import FeaturesStack
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.lookups import LookupsStack
from stacks.monitoring import MonitoringStack
from stacks.observability import ObservabilityStack
from stacks.retraining import RetrainingStack
from stacks.serving import ServingStack
from stacks.training import TrainingStack


def build(app: Application) -> None:
    """Put all stacks of the app's target into it."""
    target = app.target
    lake = LakeStack(app, target=target).lake
    lookups = LookupsStack(app, target=target, lake=lake).lookups if target.usecase.lookups else None
    table = lookups.table if lookups else None
    ingestion = IngestionStack(app, target=target, lake=lake, lookups=table).ingestion
    features = FeaturesStack(app, target=target, lake=lake, ingestion=ingestion, lookups=table).features
    training = TrainingStack(app, target=target, lake=lake).training
    serving = ServingStack(app, target=target, lake=lake, features=features, lookups=table).serving
    EndpointStack(app, target=target, lake=lake, execution_role_arn=serving.model_role_arn)
    observability = ObservabilityStack(
        app, target=target, lake=lake, ingestion=ingestion, features=features, serving=serving
    ).observability
    MonitoringStack(
        app,
        target=target,
        lake=lake,
        ingestion=ingestion,
        features=features,
        serving=serving,
        observability=observability,
    )
    RetrainingStack(app, target=target, lake=lake, training=training, observability=observability)


def main() -> None:
    """Synthesize what the command line and the CDK command's environment ask for."""
    parser = argparse.ArgumentParser(description="Synthesize Headrace's CloudFormation templates.")
    parser.add_argument(
        "--context", "-c", action="append", default=[], type=_pair, metavar="KEY=VALUE",
        help="usecase, stage, region or account; may be repeated",
    )  # fmt: skip
    parser.add_argument("--output", "-o", type=Path, default=Path("cdk.out"), help="where the assembly goes")
    arguments = parser.parse_args()
    output = Path(os.environ.get("CDK_OUTDIR", arguments.output))
    if (output / "manifest.json").is_file():
        shutil.rmtree(output)  # an older assembly, whose assets would pile up
    try:
        app = Application(context=dict(arguments.context), outdir=str(output))
        build(app)
    except UseCaseError as exc:
        parser.error(str(exc))
    app.synth()


def _pair(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not separator:
        raise argparse.ArgumentTypeError(f"{text!r} is not KEY=VALUE")
    return key, value


if __name__ == "__main__":
    main()
