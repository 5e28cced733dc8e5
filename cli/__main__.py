"""``python -m cli`` is the ``headrace`` command."""

from cli.main import app

app(prog_name="headrace")
