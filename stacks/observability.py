"""Observability: who is told of alarms, the pages and queries that show what goes on, the roles of those who look."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from constructs import Construct

from headrace.events import SOURCE, ModelRolledBack
from stacks.components.dashboard import Dashboard, endpoint_graphs, graph, training_graph
from stacks.components.monitor_graphs import add_monitor_rows
from stacks.components.operator_roles import OperatorRoles
from stacks.components.queries import SavedQueries
from stacks.components.topic import NotificationTopic
from stacks.features import Features
from stacks.ingestion import Ingestion
from stacks.lake import Lake
from stacks.serving import Serving
from stacks.stack import HeadraceStack
from stacks.target import Target


@dataclass(frozen=True, kw_only=True)
class Observability:
    """What other stacks use of observability."""

    topic: sns.Topic


class ObservabilityStack(HeadraceStack):
    """Topic, the rules from alarms and rollbacks to it, dashboard and saved queries."""

    noun = "observability"

    def __init__(
        self,
        scope: Construct,
        *,
        target: Target,
        lake: Lake,
        ingestion: Ingestion,
        features: Features,
        serving: Serving,
    ) -> None:
        super().__init__(scope, target=target, description="Headrace observability: notifications, dashboard, queries")
        topic = NotificationTopic(self, "Topic", key=lake.key, display_name=f"Headrace {target.usecase.name}")
        self._build_rules(topic)
        dashboard = self._build_dashboard(ingestion, features, serving)
        functions = {
            "DeliveryTransform": ingestion.transform,
            "EventInbox": ingestion.event_inbox,
            "LabelInbox": ingestion.label_inbox,
            "Enrichment": features.enrichment,
            "GroundTruth": features.ground_truth,
            "Inference": serving.inference,
            "Deployment": serving.deployment,
        }
        SavedQueries(self, "Queries", target=target, functions=functions)
        people = OperatorRoles(self, "Operators", target=target, bucket=lake.bucket, api=serving.api)
        self.observability = Observability(topic=topic)
        self.publish(
            TopicArn=topic.topic_arn,
            DashboardName=dashboard.dashboard_name,
            ScientistRoleArn=people.scientist.role_arn,
            ApplicationRoleArn=people.application.role_arn,
        )

    def _build_rules(self, topic: sns.Topic) -> None:
        """Alarms are known by the prefix of their names: none depends on this stack, nor this stack on them."""
        self._build_rule("Raised", topic, {"state": {"value": ["ALARM"]}}, "An alarm of ours went off")
        # An alarm starts without data; that it then finds all in order is no news.
        cleared = {"state": {"value": ["OK"]}, "previousState": {"value": ["ALARM"]}}
        self._build_rule("Cleared", topic, cleared, "An alarm of ours is over")
        rolled_back = events.Rule(
            self,
            "RolledBack",
            description="A model of ours was rolled back; the event says why",
            enabled=self.target.stage.alarms_notify,
            event_pattern=events.EventPattern(
                source=[SOURCE],
                detail_type=[ModelRolledBack.detail_type],
                detail={"UseCase": [self.target.usecase.name], "Stage": [self.target.stage.name]},
            ),
        )
        rolled_back.add_target(targets.SnsTopic(topic))

    def _build_rule(self, id_: str, topic: sns.Topic, states: Mapping[str, object], description: str) -> None:
        rule = events.Rule(
            self,
            id_,
            description=description,
            enabled=self.target.stage.alarms_notify,
            event_pattern=events.EventPattern(
                source=["aws.cloudwatch"],
                detail_type=["CloudWatch Alarm State Change"],
                detail={"alarmName": [{"prefix": f"{self.target.prefix}-"}], **states},
            ),
        )
        rule.add_target(targets.SnsTopic(topic))

    def _build_dashboard(self, ingestion: Ingestion, features: Features, serving: Serving) -> Dashboard:
        dashboard = Dashboard(self, "Dashboard", target=self.target)
        enrichment, inference, api = features.enrichment, serving.inference, serving.api
        dashboard.row(
            "Stream",
            graph(
                "Records in",
                ingestion.events.metric_incoming_records(statistic="Sum"),
                ingestion.labels.metric_incoming_records(statistic="Sum"),
            ),
            graph(
                "Behind the stream (ms)",
                *(it.metric("IteratorAge", statistic="Maximum") for it in (enrichment, features.ground_truth)),
            ),
            graph(
                "To the lake (s)",
                *(
                    it.metric("DeliveryToS3.DataFreshness", statistic="Maximum")
                    for it in (ingestion.delivery, features.delivery)
                ),
            ),
        )
        dashboard.row(
            "Answers",
            graph(
                "Requests",
                api.metric_count(statistic="Sum"),
                right=[api.metric_client_error(statistic="Sum"), api.metric_server_error(statistic="Sum")],
            ),
            graph("Latency (ms)", api.metric_latency(statistic="p50"), api.metric_latency(statistic="p99")),
            graph(
                "Inference",
                inference.metric_invocations(statistic="Sum"),
                right=[inference.metric_errors(statistic="Sum"), inference.metric_throttles(statistic="Sum")],
            ),
        )
        dashboard.row("Endpoint", *endpoint_graphs(self.target))
        dashboard.row(
            "Models and failures",
            training_graph(self.target),
            graph("Dead letters", *self._dead_letters(ingestion, features, serving)),
        )
        add_monitor_rows(dashboard, self.target)
        return dashboard

    @staticmethod
    def _dead_letters(ingestion: Ingestion, features: Features, serving: Serving) -> list[cloudwatch.Metric]:
        queues = [*ingestion.dead_letters.values(), *features.dead_letters.values(), serving.dead_letters]
        return [it.metric_approximate_number_of_messages_visible(statistic="Maximum") for it in queues]
