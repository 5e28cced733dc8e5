"""The demo as a story: days of usual life, a change of the world, and what the loop does about it by itself."""

from cli.story.outcome import nothing
from cli.story.plot import Story
from cli.story.telling import Told, tell

__all__ = ["Story", "Told", "nothing", "tell"]
