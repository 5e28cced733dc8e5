"""The report's table of attributions: which features mattered then and now, and in which order.

Imports no learning library, for every run writes reports, in a function too.
"""

from collections.abc import Mapping
from html import escape
from typing import Any

from pipelines.jobs.report import cells

_MOST = 30


def ranked(before: Mapping[str, float], now: Mapping[str, float]) -> list[dict[str, Any]]:
    """Every feature with its share of all attributions, 0 to 1, then and now, by falling share then.

    Args:
        before: mean absolute contribution by feature.
        now: the same of the rows that are judged.
    """
    names = sorted({*before, *now}, key=lambda name: (-before.get(name, 0.0), name))
    return [
        {"feature": name, "before": _share(name, before), "now": _share(name, now), "place_now": place}
        for name, place in zip(names, _places(names, now), strict=True)
    ]


def section(found: Mapping[str, Any]) -> str:
    """A row for each feature that mattered most then or matters most now."""
    rows = []
    for place, it in enumerate(found["features"], start=1):
        if min(place, it["place_now"]) > _MOST:
            continue
        moved = place - it["place_now"]
        told = f"{abs(moved)} {'up' if moved > 0 else 'down'}" if moved else ""
        shares = (f"{100 * it[when]:.1f} %" for when in ("before", "now"))
        rows.append([escape(it["feature"]), *shares, str(place), str(it["place_now"]), told])
    heads = ["feature", "#share then", "#share now", "#place then", "#place now", "moved"]
    return f'<div class="panel">{cells.table(heads, rows)}</div>' if rows else ""


def _share(name: str, values: Mapping[str, float]) -> float:
    return round(values.get(name, 0.0) / (sum(values.values()) or 1.0), 6)


def _places(names: list[str], now: Mapping[str, float]) -> list[int]:
    order = sorted(names, key=lambda name: -now.get(name, 0.0))
    places = {name: place for place, name in enumerate(order, start=1)}
    return [places[name] for name in names]
