"""A scorer as files of the artifact, and back: in the format of its algorithm."""

from pathlib import Path

from pipelines.jobs.algorithms import METHODS, Scorer


def save(scorer: Scorer, folder: Path) -> None:
    """Write a scorer into the folder of an artifact.

    Raises:
        TypeError: if it is none of the known kinds.
    """
    found = next((it for it in METHODS.values() if it.kind is type(scorer)), None)
    if found is None:
        raise TypeError(f"{type(scorer).__name__} has no file format")
    found.save(scorer, folder)


def load(algorithm: str, folder: Path) -> Scorer:
    """Read the scorer of an artifact.

    Raises:
        ValueError: if the algorithm is unknown, because the artifact is newer than this code.
    """
    if algorithm not in METHODS:
        raise ValueError(f"the artifact's algorithm {algorithm!r} is unknown here: serve it with the code it brings")
    return METHODS[algorithm].load(folder)
