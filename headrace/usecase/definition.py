"""The use case as a whole."""

from dataclasses import field

from headrace.frozen import dataclass
from headrace.usecase.agreement import check_agreement
from headrace.usecase.alerts import Alerts
from headrace.usecase.answer import Decision
from headrace.usecase.api import Api
from headrace.usecase.checks import require, require_name
from headrace.usecase.compliance import Compliance, check_compliance
from headrace.usecase.event import Entity, Event
from headrace.usecase.expectation import Expectation
from headrace.usecase.expression import Expression
from headrace.usecase.lookup import Lookup, check_lookups
from headrace.usecase.model import Label, Model
from headrace.usecase.monitor import Monitor
from headrace.usecase.reaction import Reaction
from headrace.usecase.serving import Serving
from headrace.usecase.window import CalendarPart, Window, WindowFeature


@dataclass(frozen=True, kw_only=True)
class UseCase:
    """One use case, whole and checked.

    ``inputs`` are event fields that enter the model as they are: numbers, or strings with ``allowed``, which enter as
    their position therein. The feature vector is, in this order, ``inputs``, ``calendar``, every window's features,
    then ``expressions``. ``lookups`` fill the fields that an event does not bring. ``version`` names the feature
    groups: raise it to remove or retype a feature.
    """

    name: str
    description: str
    event: Event
    entities: tuple[Entity, ...]
    inputs: tuple[str, ...]
    calendar: tuple[CalendarPart, ...]
    windows: tuple[Window, ...]
    label: Label
    model: Model
    decision: Decision
    serving: Serving = field(default_factory=Serving)
    expressions: tuple[Expression, ...] = ()
    lookups: tuple[Lookup, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    monitor: Monitor = field(default_factory=Monitor)
    reaction: Reaction = field(default_factory=Reaction)
    api: Api = field(default_factory=Api)
    alerts: Alerts | None = None
    compliance: Compliance = field(default_factory=Compliance)
    version: int = 1

    def __post_init__(self) -> None:
        require_name(self.name, "name")
        require(self.version >= 1, "version", "is below 1", "count up from 1")
        check_agreement(self)
        check_lookups(self)
        check_compliance(self)

    @property
    def primary(self) -> Entity:
        """The entity whose key partitions the event stream."""
        return self.entities[0]

    def entity(self, name: str) -> Entity:
        """The entity of that name. Raises KeyError if there is none."""
        for it in self.entities:
            if it.name == name:
                return it
        raise KeyError(name)

    @property
    def facet_fields(self) -> tuple[str, ...]:
        """Event fields that a training set holds beside the features, because a facet tells groups apart by them."""
        keys = {it.key for it in self.entities}
        return tuple(name for name in self.uncaptured_facets if name not in keys)

    @property
    def uncaptured_facets(self) -> tuple[str, ...]:
        """Fields of facets that the model is not asked with, so that only the event itself has them."""
        return tuple(dict.fromkeys(it.field for it in self.model.facets if it.field not in self.feature_names))

    @property
    def window_features(self) -> tuple[WindowFeature, ...]:
        """Every window of every length, in vector order."""
        return tuple(feature for window in self.windows for feature in window.features)

    def remembered_s(self, feature: str) -> int:
        """For how many seconds one event can move a feature: a window's length; 0 for what the event itself says."""
        lengths = {it.name: it.length_s for it in self.window_features}
        for it in self.expressions:
            lengths[it.name] = max(lengths.get(name, 0) for name in (it.of, *it.against))
        return lengths.get(feature, 0)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the feature vector, in order."""
        windows = (it.name for it in self.window_features)
        return (*self.inputs, *self.calendar, *windows, *(it.name for it in self.expressions))
