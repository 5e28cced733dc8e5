"""The plots of the report: matplotlib draws, the page's style sheet colours."""
