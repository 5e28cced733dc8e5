"""Which rights were taken away and missed: counted here, and kept beside the tests so that quick ones can look.

``driven_rights.json`` names them by role. `make test-trust ARGS=--write-table` writes it; a role's new right fails
`make test` until it is there, and that means until something was seen to fail without it.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from carried_elsewhere import ROWS as ELSEWHERE
from carried_rights import ROWS
from role_grants import Grant, Role, Roles

LEDGER = Path(__file__).with_name("driven_rights.json")
driven: dict[str, set[Grant]] = {}
"""By role, in this run."""
roles: list[Roles] = []
"""The templates of this run."""


def kept() -> Mapping[str, list[str]]:
    """What earlier runs have missed, by role: grants as texts."""
    found: Mapping[str, list[str]] = json.loads(LEDGER.read_text())
    return found


def write() -> None:
    """Keep what this run has missed. Roles that it left out stay as they were."""
    new = {name: sorted(map(str, grants)) for name, grants in driven.items()}
    LEDGER.write_text(json.dumps({**kept(), **new}, indent=1, sort_keys=True) + "\n")


def carried(templates: Roles, role: Role) -> set[Grant]:
    """The grants of a role that an AWS service uses."""
    rows = (*ROWS, *ELSEWHERE)
    return {it for it in role.grants if any(row.covers(templates, role, it) for row in rows)}


def rows() -> list[str]:
    """A row per role: its rights, how many of them were missed, in an earlier run if not in this, and the rest."""
    lines = [
        "| role | rights granted | taken away and missed | used by AWS itself | superfluous |",
        "|---|---:|---:|---:|---:|",
    ]
    sums = [0, 0, 0, 0]
    for templates in roles[:1]:
        for name, role in sorted(templates.all.items()):
            noticed = driven.get(name) or {it for it in role.grants if str(it) in kept().get(name, [])}
            rest = carried(templates, role) - noticed
            counts = [len(role.grants), len(noticed), len(rest), len(role.grants - noticed - rest)]
            sums = [one + other for one, other in zip(sums, counts, strict=True)]
            lines.append(f"| {name} | {' | '.join(map(str, counts))} |")
    return [*lines, f"| together | {' | '.join(map(str, sums))} |"]


def totals() -> list[str]:
    """One line for the end of the run."""
    if not driven:
        return []
    granted, noticed, used, left = (cell.strip() for cell in rows()[-1].strip("|").split("|")[1:])
    return [f"rights granted {granted}, taken away and missed {noticed}, used by AWS itself {used}, superfluous {left}"]
