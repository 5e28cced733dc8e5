"""Where the diagram of the loop puts its boxes and arrows: once for a desk, once for a phone."""

from dataclasses import dataclass
from typing import Literal

Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Box:
    """A rectangle in the view box."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Way:
    """An arrow: its SVG path and where its words stand (None: an arrow without words)."""

    path: str
    words: tuple[float, float, Anchor] | None = None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One drawing of the loop. ``stacked``: words stand on two lines, and boxes have no second line."""

    name: str
    width: int
    height: int
    stacked: bool
    boxes: dict[str, Box]
    ways: dict[str, Way]


WIDE = Layout(
    name="wide",
    width=1160,
    height=470,
    stacked=False,
    boxes={
        "callers": Box(1, 8, 132, 52),
        "labels_in": Box(1, 98, 132, 52),
        "label_files": Box(1, 182, 132, 52),
        "producers": Box(1, 290, 132, 52),
        "labels": Box(258, 98, 132, 52),
        "label_inbox": Box(258, 182, 132, 52),
        "events": Box(258, 290, 132, 52),
        "api": Box(514, 8, 132, 52),
        "ground_truth": Box(514, 98, 132, 52),
        "enrichment": Box(514, 178, 132, 82),
        "delivery": Box(514, 410, 132, 52),
        "state": Box(771, 98, 132, 120),
        "dead": Box(771, 272, 132, 46),
        "quarantine": Box(771, 334, 132, 46),
        "lake": Box(771, 410, 132, 52),
        "training": Box(1027, 410, 132, 52),
        "endpoint": Box(1027, 8, 132, 252),
    },
    ways={
        "callers-api": Way("M133 34H506", (320, 26, "middle")),
        "api-endpoint": Way("M646 34H1019", (833, 26, "middle")),
        "labels_in-labels": Way("M133 124H250", (192, 116, "middle")),
        "label_files-label_inbox": Way("M133 208H250", (192, 200, "middle")),
        "label_inbox-labels": Way("M324 182V158"),
        "labels-ground_truth": Way("M390 124H506"),
        "ground_truth-state": Way("M646 124H763"),
        "producers-events": Way("M133 316H250", (192, 308, "middle")),
        "events-enrichment": Way("M390 306C455 306 440 219 506 219"),
        "events-delivery": Way("M390 326C455 326 440 436 506 436"),
        "enrichment-state": Way("M646 198H763", (704, 190, "middle")),
        "enrichment-endpoint": Way("M646 240H1019", (963, 232, "middle")),
        "enrichment-dead": Way("M622 260C622 288 650 295 763 295", (760, 287, "end")),
        "enrichment-quarantine": Way("M560 260C560 332 610 350 763 350", (760, 342, "end")),
        "delivery-quarantine": Way("M600 410C600 378 650 366 763 366"),
        "delivery-lake": Way("M646 436H763", (704, 428, "middle")),
        "lake-training": Way("M903 436H1019", (963, 428, "middle")),
        "training-endpoint": Way("M1093 410V268", (1083, 340, "end")),
    },
)

TALL = Layout(
    name="tall",
    width=362,
    height=500,
    stacked=True,
    boxes={
        "callers": Box(1, 1, 84, 34),
        "labels_in": Box(93, 1, 84, 34),
        "label_inbox": Box(185, 1, 84, 34),
        "producers": Box(277, 1, 84, 34),
        "labels": Box(93, 82, 84, 34),
        "events": Box(185, 82, 176, 34),
        "api": Box(1, 150, 84, 34),
        "ground_truth": Box(93, 150, 84, 34),
        "enrichment": Box(185, 150, 84, 34),
        "delivery": Box(277, 150, 84, 34),
        "state": Box(93, 234, 112, 34),
        "dead": Box(264, 222, 74, 38),
        "quarantine": Box(264, 276, 74, 38),
        "lake": Box(277, 366, 84, 34),
        "training": Box(277, 456, 84, 34),
        "endpoint": Box(1, 340, 232, 60),
    },
    ways={
        "callers-api": Way("M43 35V144", (49, 60, "start")),
        "api-endpoint": Way("M43 184V334", (49, 256, "start")),
        "labels_in-labels": Way("M135 35V76", (130, 52, "end")),
        "label_inbox-labels": Way("M213 35C213 62 162 48 162 76"),
        "labels-ground_truth": Way("M135 116V144"),
        "ground_truth-state": Way("M135 184V228"),
        "producers-events": Way("M319 35V76", (325, 52, "start")),
        "events-enrichment": Way("M227 116V144"),
        "events-delivery": Way("M319 116V144"),
        "enrichment-state": Way("M195 184V228", (190, 204, "end")),
        "enrichment-endpoint": Way("M219 184V334", (213, 296, "end")),
        "enrichment-dead": Way("M248 184V241H258"),
        "enrichment-quarantine": Way("M236 184V295H258"),
        "delivery-quarantine": Way("M351 295H344"),
        "delivery-lake": Way("M351 184V360", (345, 334, "end")),
        "lake-training": Way("M319 400V450", (313, 424, "end")),
        "training-endpoint": Way("M277 473H117V406", (123, 440, "start")),
    },
)
