"""Composition root: which stacks there are and what each takes from the others.

    python app.py --context usecase=fraud --context stage=local --output cdk.out

Also the ``app`` of cdk.json, so that ``cdk synth`` and ``cdk deploy`` give the same templates.
"""

import argparse
import os

from stacks.application import Application
from stacks.endpoint import EndpointStack
from stacks.features import FeaturesStack
from stacks.ingestion import IngestionStack
from stacks.lake import LakeStack
from stacks.serving import ServingStack


def build(app: Application) -> None:
    """Put all stacks of the app's target into it."""
    target, env = app.target, app.env
    lake = LakeStack(app, target=target, env=env).lake
    ingestion = IngestionStack(app, target=target, env=env, lake=lake).ingestion
    features = FeaturesStack(app, target=target, env=env, lake=lake, ingestion=ingestion).features
    serving = ServingStack(app, target=target, env=env, lake=lake, features=features).serving
    EndpointStack(app, target=target, env=env, lake=lake, execution_role_arn=serving.model_role_arn)


def main() -> None:
    """Synthesize what the command line and the CDK command's environment ask for."""
    parser = argparse.ArgumentParser(description="Synthesize Headrace's CloudFormation templates.")
    parser.add_argument(
        "--context", "-c", action="append", default=[], metavar="KEY=VALUE", help="usecase, stage, region or account"
    )
    parser.add_argument(
        "--output", "-o", default=os.environ.get("CDK_OUTDIR", "cdk.out"), help="where the assembly goes"
    )
    arguments = parser.parse_args()
    app = Application(context=dict(pair.split("=", 1) for pair in arguments.context), outdir=arguments.output)
    build(app)
    app.synth()


if __name__ == "__main__":
    main()
