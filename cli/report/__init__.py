"""The report of a run: one self-contained page that shows what the loop did and proves that nothing was lost."""

from cli.report.html import write_report
from cli.report.record import ReportError, RunRecord

__all__ = ["ReportError", "RunRecord", "write_report"]
