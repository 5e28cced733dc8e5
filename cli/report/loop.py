"""The diagram of the loop: what each box is, and the run's own counts on the arrows."""

from dataclasses import dataclass

from cli.report import wording
from cli.report.loop_layout import TALL, WIDE, Box, Layout, Way
from cli.report.record import RunRecord, number, text

NODES = {
    "callers": ("Callers", "one event each"),
    "labels_in": ("Labels", ""),
    "label_files": ("Label files", "when they come"),
    "producers": ("Producers", "events as they happen"),
    "label_inbox": ("Label inbox", "S3, Lambda"),
    "labels": ("Label stream", "Kinesis"),
    "events": ("Event stream", "Kinesis"),
    "api": ("Inference API", "API Gateway, Lambda"),
    "ground_truth": ("Ground truth", "Lambda"),
    "enrichment": ("Enrichment", "Lambda"),
    "delivery": ("Delivery", "Firehose, Lambda"),
    "state": ("Window state", "DynamoDB"),
    "dead": ("Dead letters", "SQS"),
    "quarantine": ("Quarantine", "S3, with the reason"),
    "lake": ("Lake", "S3, Parquet, Glue"),
    "training": ("Training", "SageMaker Pipeline"),
    "endpoint": ("Endpoint", "SageMaker"),
}
STORES = frozenset({"state", "dead", "quarantine", "lake"})
OUTSIDE = frozenset({"callers", "labels_in", "label_files", "producers"})


@dataclass(frozen=True, kw_only=True)
class Node:
    """One box with its words."""

    key: str
    box: Box
    title: str
    note: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class Arrow:
    """One arrow with its count (None: it was not counted) and what it counts."""

    way: Way
    count: str
    words: str
    quiet: bool


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """The loop in one layout."""

    layout: Layout
    nodes: list[Node]
    arrows: list[Arrow]
    sentence: str


def drawings(run: RunRecord) -> list[Drawing]:
    """The loop for a wide screen and for a narrow one."""
    return [_drawing(run, layout) for layout in (WIDE, TALL)]


def version(run: RunRecord) -> str:
    """The version of the package that answers at the end: the last part of its ARN, else what the predictions carry."""
    package = text(run.summary, "served_package") or text(run.summary, "model_package")
    if "/" in package:
        return package.rsplit("/", 1)[1]
    seen = run.predictions["model_version"].dropna()
    return "" if seen.empty else str(seen.iloc[-1])


def _counts(run: RunRecord) -> dict[str, tuple[float | None, str]]:
    """Arrow -> what went along it, and in which words."""
    refused = run.count("events_quarantined")
    return {
        "callers-api": (number(run.summary, "api", "calls"), "requests"),
        "api-endpoint": (number(run.summary, "api", "equal"), "equal to the stream's score"),
        "labels_in-labels": (run.count("labels_sent"), "labels"),
        "label_files-label_inbox": (run.count("label_files"), "files"),
        "label_inbox-labels": (run.count("label_files"), ""),
        "producers-events": (run.count("events_sent"), "sent"),
        "enrichment-state": (run.count("events_enriched"), "enriched"),
        "enrichment-endpoint": (run.count("predictions"), "predictions"),
        "enrichment-dead": (run.count("events_dead_lettered"), "dead-lettered"),
        "enrichment-quarantine": (refused, "quarantined"),
        "delivery-quarantine": (refused, ""),
        "delivery-lake": (run.count("events_in_lake"), "in the lake"),
        "lake-training": (run.count("training_rows"), "rows"),
    }


def _drawing(run: RunRecord, layout: Layout) -> Drawing:
    counts = _counts(run)
    nodes = [
        Node(key=key, box=box, title=NODES[key][0], note=_note(run, layout, key, counts), kind=_kind(key))
        for key, box in layout.boxes.items()
    ]
    arrows = [_arrow(run, layout, key, way, counts) for key, way in layout.ways.items()]
    said = ", ".join(
        f"{wording.count(count)} {words}" for count, words in counts.values() if count is not None and words
    )
    return Drawing(
        layout=layout, nodes=nodes, arrows=arrows, sentence=f"The loop and its counts: {said or 'nothing was counted'}."
    )


def _arrow(run: RunRecord, layout: Layout, key: str, way: Way, counts: dict[str, tuple[float | None, str]]) -> Arrow:
    count, words = counts.get(key, (None, ""))
    if key == "training-endpoint":
        return Arrow(way=way, count=version(run), words="version" if version(run) else "", quiet=False)
    if layout.stacked and key == "api-endpoint":
        words = "equal"
    return Arrow(
        way=way,
        count="" if count is None else wording.count(count),
        words=words if count is not None else "",
        quiet=count == 0,
    )


def _note(run: RunRecord, layout: Layout, key: str, counts: dict[str, tuple[float | None, str]]) -> str:
    if key == "endpoint":
        return text(run.summary, "endpoint_status") or NODES[key][1]
    if key in ("dead", "quarantine") and layout.stacked:
        count = counts[f"enrichment-{key}"][0]
        return "" if count is None else wording.count(count)
    if layout.stacked:
        return ""
    if key == "labels_in":
        return f"{run.usecase.label.delay} after the event"
    return NODES[key][1]


def _kind(key: str) -> str:
    if key == "endpoint":
        return "endpoint"
    return "store" if key in STORES else "outside" if key in OUTSIDE else "compute"
