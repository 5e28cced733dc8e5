"""Usage plans of a REST API: each caller's key, with a rate, a burst and perhaps a quota of its own."""

from collections.abc import Sequence

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

from headrace.usecase import UsagePlan


class UsagePlans(Construct):
    """A plan and a key per caller. API Gateway makes up the keys' values; ``key_ids`` are theirs by plan."""

    def __init__(
        self, scope: Construct, id_: str, *, prefix: str, plans: Sequence[UsagePlan], api: apigateway.RestApi
    ) -> None:
        super().__init__(scope, id_)
        self.key_ids: dict[str, str] = {}
        for plan in plans:
            noun = "".join(part.capitalize() for part in plan.name.split("_"))
            name = f"{prefix}-{plan.name.replace('_', '-')}"
            made = apigateway.UsagePlan(
                self,
                noun,
                name=name,
                throttle=apigateway.ThrottleSettings(rate_limit=plan.rate_per_s, burst_limit=plan.burst),
                quota=None
                if plan.per_day is None
                else apigateway.QuotaSettings(limit=plan.per_day, period=apigateway.Period.DAY),
                api_stages=[apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
            )
            key = apigateway.ApiKey(self, f"{noun}Key", api_key_name=name)
            made.add_api_key(key)
            self.key_ids[noun] = key.key_id
