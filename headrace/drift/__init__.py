"""Is this table still what it was? Statistics, distances and verdicts, for monitors and for decisions about drift.

A table is counted once, in bounded memory, and parts merge to what one pass gives::

    normal = summarize({"amount": amounts, "channel": channels})
    today = merged(summarize(batch) for batch in batches)
    found = compare(normal, today)
    found.drifted        # names of changed columns, the furthest first
    found.magnitude      # the largest distance of a column that drifted, 0 to 1; 0.0 if none did
    found.violations     # everything wrong: types, missing values, columns, categories, drift
    found.columns["amount"].distance, .threshold, .drifted, .words

``Settings`` say what counts as a change. By default a column has drifted if its Kolmogorov-Smirnov distance (numbers)
or the change of a category's share (texts) is above 0.02 *and* beyond sampling noise at 1 % over all columns (Holm),
for the number of rows on both sides. ``noise`` measures how far quiet windows move by themselves, for columns that do.

numpy is needed here, and pyarrow by ``headrace.drift.arrow``; nothing on the hot path imports this package.
"""

from headrace.drift.column import Column
from headrace.drift.comparison import compare
from headrace.drift.finding import ColumnFinding, Findings, Violation
from headrace.drift.settings import Settings
from headrace.drift.summary import Summary, merged, noise, summarize

__all__ = [
    "Column",
    "ColumnFinding",
    "Findings",
    "Settings",
    "Summary",
    "Violation",
    "compare",
    "merged",
    "noise",
    "summarize",
]
