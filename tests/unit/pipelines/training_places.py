"""Where a training of the tests reads and writes, and hyperparameters that end it soon."""

from pathlib import Path

from job_runs import Trained

from pipelines.jobs import train

SHORT = {"num_round": 15, "max_bin": 256, "nthread": 1}


def places(trained: Trained, folder: Path) -> train.Places:
    """The splits of the fixture, and a folder for what is made of them."""
    return train.Places(
        train=trained.splits / "train",
        validation=trained.splits / "validation",
        all=trained.splits / "all",
        model=folder / "model",
        checkpoint=folder / "checkpoints",
    )
