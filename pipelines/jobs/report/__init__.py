"""``report.html``: what a training run found, in one page that needs nothing else. Plots are SVG written here."""
