"""docs/events.md, made from the events themselves: ``python -m headrace.events.documentation > docs/events.md``."""

import json
import sys
from collections.abc import Iterator

from headrace.events import EVENTS, SOURCE, BusEvent

_HEAD = f"""# Events on the bus

Headrace puts these events on EventBridge's default bus, `source` `{SOURCE}`. Anybody may add a rule:

```json
{{"source": ["{SOURCE}"], "detail-type": ["Model Deployed"], "detail": {{"UseCase": ["fraud"], "Stage": ["prod"]}}}}
```

EventBridge delivers at least once and in no order: use the ids. Fields may be added; ignore those that you do not know.
In Python: `headrace.events.ModelDeployed.from_detail(event["detail"])`.
"""
_TAIL = """
This page is made by `python -m headrace.events.documentation`; a test holds it to the code.
"""


def page() -> str:
    """The whole page."""
    return "\n".join((_HEAD, *(_section(event) for event in EVENTS), _TAIL.lstrip("\n")))


def _section(event: type[BusEvent]) -> str:
    about = (event.__doc__ or "").strip()
    schema = json.dumps(event.schema(), indent=1)
    details = f"<details><summary>JSON schema</summary>\n\n```json\n{schema}\n```\n\n</details>\n"
    return "\n".join((f"## {event.detail_type}", "", about, "", *_table(event), "", details))


def _table(event: type[BusEvent]) -> Iterator[str]:
    schema = event.schema()
    yield "| field | type | |"
    yield "|---|---|---|"
    for name, it in schema["properties"].items():
        values = ": " + ", ".join(f"`{value}`" for value in it["enum"]) if "enum" in it else ""
        optional = "" if name in schema["required"] else " (optional)"
        yield f"| `{name}` | {it['type']}{optional} | {it['description']}{values} |"


if __name__ == "__main__":
    sys.stdout.write(page())
