"""What a use case is: the one file that names events, features, label, model, decisions and serving.

Everything is checked when the definition is built, so a wrong use case fails at import, before anything is
synthesized or deployed. Times are whole seconds since the epoch (UTC) and durations are texts such as ``7d``.
"""

from headrace.usecase.answer import Band, Decision, Serving
from headrace.usecase.checks import RESERVED
from headrace.usecase.definition import UseCase
from headrace.usecase.event import Entity, Event, Field, FieldType, Privacy
from headrace.usecase.expectation import Expectation
from headrace.usecase.expression import Expression, ExpressionFunction
from headrace.usecase.facet import Facet
from headrace.usecase.model import Algorithm, Gate, Label, Limits, Metric, Model, Resampling, Split
from headrace.usecase.monitor import Monitor, Thresholds
from headrace.usecase.transform import Transform
from headrace.usecase.tuning import Between, OneOf, Tuning
from headrace.usecase.window import CalendarPart, Source, Window, WindowFeature, WindowFunction

__all__ = [
    "RESERVED",
    "Algorithm",
    "Band",
    "Between",
    "CalendarPart",
    "Decision",
    "Entity",
    "Event",
    "Expectation",
    "Expression",
    "ExpressionFunction",
    "Facet",
    "Field",
    "FieldType",
    "Gate",
    "Label",
    "Limits",
    "Metric",
    "Model",
    "Monitor",
    "OneOf",
    "Privacy",
    "Resampling",
    "Serving",
    "Source",
    "Split",
    "Thresholds",
    "Transform",
    "Tuning",
    "UseCase",
    "Window",
    "WindowFeature",
    "WindowFunction",
]
