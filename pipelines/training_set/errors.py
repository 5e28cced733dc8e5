"""What can be wrong with a lake or with what is asked of it."""

from headrace.errors import HeadraceError


class LakeError(HeadraceError):
    """The lake cannot be read or written as the training set needs it. The message names the object and the fix."""
