"""A world in which an update to a version is under way, and the alarm that ends it."""

from rollout_world import World, approval

ALARM = "One or more alarms went off during the deployment: headrace-fraud-dev-endpoint-Errors"


def deploying(version: int = 2, *, deployed: int = 1) -> World:
    """A world in which an update to a version is under way."""
    world = World(deployed, slow=True)
    assert world.results(approval(version)) == ["started"]
    return world
