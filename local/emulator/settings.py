"""What this emulator process was started with."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of ``python -m local.emulator``. ``state_dir`` holds scratch files and logs of this run."""

    port: int
    state_dir: Path
    enforce_iam: bool = False
    wait_scale: float = 1.0
    end_with_parent: bool = False

    @property
    def endpoint_url(self) -> str:
        """Where clients and Lambda functions reach this process."""
        return f"http://127.0.0.1:{self.port}"


def state_dir() -> Path:
    """The scratch directory of this run."""
    return Path(os.environ["HEADRACE_STATE_DIR"])


def endpoint_url() -> str:
    """Where clients and Lambda functions reach this process."""
    return os.environ["HEADRACE_ENDPOINT_URL"]
