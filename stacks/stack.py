"""What every stack has in common: its name, its place and its protection."""

from aws_cdk import CfnOutput, Environment, IStackSynthesizer, PermissionsBoundary, Stack
from constructs import Construct

from stacks.target import Target


class HeadraceStack(Stack):
    """A stack named ``headrace-{usecase}-{stage}-{noun}``; ``noun`` is set by each subclass."""

    noun: str

    def __init__(
        self,
        scope: Construct,
        *,
        target: Target,
        description: str,
        synthesizer: IStackSynthesizer | None = None,
    ) -> None:
        super().__init__(
            scope,
            target.stack_name(self.noun),
            description=description,
            stack_name=target.stack_name(self.noun),
            env=Environment(account=target.account, region=target.region),
            termination_protection=target.stage.keep_data,
            synthesizer=synthesizer,
            permissions_boundary=PermissionsBoundary.from_name(target.boundary) if target.boundary else None,
        )
        self.target = target

    def publish(self, **outputs: str) -> None:
        """Publish values under names that the CLI and operators read, for example ``BucketName``."""
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)
