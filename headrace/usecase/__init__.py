"""What a use case is: the one file that names events, features, label, model, decisions and serving.

Everything is checked when the definition is built, so a wrong use case fails at import, before anything is
synthesized or deployed. Times are whole seconds since the epoch (UTC) and durations are texts such as ``7d``.
"""

from headrace.usecase.alerts import Alerts
from headrace.usecase.algorithms import ALGORITHMS, Algorithm
from headrace.usecase.answer import Band, Decision
from headrace.usecase.api import Api, UsagePlan
from headrace.usecase.checks import RESERVED
from headrace.usecase.cluster import Cluster
from headrace.usecase.compliance import EU_REGIONS, Compliance, Profile
from headrace.usecase.compute import Compute
from headrace.usecase.definition import UseCase
from headrace.usecase.endpoint_kind import KINDS, EndpointKind, Kind
from headrace.usecase.event import Entity, Event, Field, FieldType, Privacy, Sensitive
from headrace.usecase.expectation import Expectation
from headrace.usecase.expression import Expression, ExpressionFunction
from headrace.usecase.facet import Facet
from headrace.usecase.kind_settings import Asynchronous, Batch, MultiModel, Serverless
from headrace.usecase.lookup import Lookup
from headrace.usecase.model import Gate, Label, Limits, Metric, Model, Resampling, Split
from headrace.usecase.monitor import Monitor, Thresholds
from headrace.usecase.reaction import Promotion, Reaction
from headrace.usecase.scaling import OffHours, Scaling, Step
from headrace.usecase.serving import Serving
from headrace.usecase.transform import Transform
from headrace.usecase.trial import Trial
from headrace.usecase.tuning import Between, OneOf, Tuning
from headrace.usecase.window import CalendarPart, Source, Window, WindowFeature

__all__ = [
    "ALGORITHMS",
    "EU_REGIONS",
    "KINDS",
    "RESERVED",
    "Alerts",
    "Algorithm",
    "Api",
    "Asynchronous",
    "Band",
    "Batch",
    "Between",
    "CalendarPart",
    "Cluster",
    "Compliance",
    "Compute",
    "Decision",
    "EndpointKind",
    "Entity",
    "Event",
    "Expectation",
    "Expression",
    "ExpressionFunction",
    "Facet",
    "Field",
    "FieldType",
    "Gate",
    "Kind",
    "Label",
    "Limits",
    "Lookup",
    "Metric",
    "Model",
    "Monitor",
    "MultiModel",
    "OffHours",
    "OneOf",
    "Privacy",
    "Profile",
    "Promotion",
    "Reaction",
    "Resampling",
    "Scaling",
    "Sensitive",
    "Serverless",
    "Serving",
    "Source",
    "Split",
    "Step",
    "Thresholds",
    "Transform",
    "Trial",
    "Tuning",
    "UsagePlan",
    "UseCase",
    "Window",
    "WindowFeature",
]
