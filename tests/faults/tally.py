"""What this run of the tests has tried and what survived, and the tables of docs/trust.md that say so."""

from collections import Counter
from pathlib import Path

from fault_injection import KINDS
from fault_table import JOBS, PROMISES
from played_machine import KINDS as TASK_KINDS

PAGE = Path(__file__).parents[2] / "docs" / "trust.md"
calls: Counter[str] = Counter()
injected: Counter[tuple[str, str]] = Counter()
survived: Counter[tuple[str, str]] = Counter()
lasting: Counter[str] = Counter()
tasks: Counter[str] = Counter()
"""By machine, of all its courses."""
struck: Counter[tuple[str, str]] = Counter()
held: Counter[tuple[str, str]] = Counter()
fuzzed: Counter[str] = Counter()
unhandled: Counter[str] = Counter()
stacks_checked: Counter[str] = Counter()
findings: Counter[str] = Counter()
unreasoned: Counter[str] = Counter()


def fault_rows() -> list[str]:
    """A row per entry point: its calls, and per kind how many faults were survived of how many."""
    rows = [
        f"| entry point | calls | {' | '.join(KINDS)} | lasting | what holds afterwards |",
        f"|---|{'---:|' * (len(KINDS) + 2)}---|",
    ]
    for name in sorted(calls):
        kinds = [f"{survived[name, kind]}/{injected[name, kind]}" for kind in KINDS]
        shown = f"{name} (job)" if name in JOBS else name
        rows.append(f"| {shown} | {calls[name]} | {' | '.join(kinds)} | {lasting[name] or '-'} | {PROMISES[name]} |")
    return rows


def machine_rows() -> list[str]:
    """A row per state machine: its tasks, and per kind how many faults were survived of how many."""
    rows = [f"| machine | tasks | {' | '.join(TASK_KINDS)} |", f"|---|{'---:|' * (len(TASK_KINDS) + 1)}"]
    for name in sorted(tasks):
        counts = [f"{held[name, kind]}/{struck[name, kind]}" for kind in TASK_KINDS]
        rows.append(f"| {name} | {tasks[name]} | {' | '.join(counts)} |")
    return rows


def fuzz_rows() -> list[str]:
    """A row per entry point: how many inputs it was given, and how many of them were left unhandled."""
    rows = ["| entry point | inputs | unhandled |", "|---|---:|---:|"]
    rows += [f"| {name} | {count:,} | {unhandled[name]:,} |" for name, count in sorted(fuzzed.items())]
    return [*rows, f"| together | {sum(fuzzed.values()):,} | {sum(unhandled.values()):,} |"]


def pack_rows() -> list[str]:
    """A row per pack of cdk-nag: how often it looked at all stacks, what it found, and how much has no reason."""
    rows = ["| pack | deployments | findings | without a reason |", "|---|---:|---:|---:|"]
    rows += [
        f"| {name} | {stacks_checked[name]} | {count:,} | {unreasoned[name]} |" for name, count in findings.items()
    ]
    return rows


def totals() -> list[str]:
    """One line per kind of trial, for the end of the run."""
    faults, whole = sum(injected.values()), sum(survived.values())
    lines = [f"faults injected {faults:,}, survived {whole:,}"] if faults else []
    lines += [f"faults of tasks {sum(struck.values()):,}, survived {sum(held.values()):,}"] if struck else []
    lines += [f"lasting faults {sum(lasting.values()):,}, all accounted for"] if lasting else []
    if findings:
        lines.append(f"findings of packs {sum(findings.values()):,}, without a reason {sum(unreasoned.values()):,}")
    return (
        [*lines, f"inputs fuzzed {sum(fuzzed.values()):,}, unhandled {sum(unhandled.values()):,}"] if fuzzed else lines
    )


def write(section: str, rows: list[str]) -> None:
    """Put a table between its marks in docs/trust.md. Entry points that this run has left out keep their rows."""
    text = PAGE.read_text()
    begin, end = f"<!-- {section}: begin -->", f"<!-- {section}: end -->"
    before, _, rest = text.partition(begin)
    old, _, after = rest.partition(end)
    if section in ("faults", "machines", "elsewhere"):
        kept = {line.split("|")[1]: line for line in (*old.strip().splitlines()[2:], *rows[2:])}
        rows = [*rows[:2], *(kept[name] for name in sorted(kept))]
    PAGE.write_text(f"{before}{begin}\n" + "\n".join(rows) + f"\n{end}{after}")
