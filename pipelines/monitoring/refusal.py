"""What a monitor cannot work with."""

from headrace.errors import HeadraceError


class TableError(HeadraceError):
    """A file or folder cannot be monitored. The message names it and the fix."""
