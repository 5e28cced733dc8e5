"""Starts a server over one model's artifact: fetched with the model's role, unpacked, answering its health check."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from local.sagemaker import transfer
from local.sagemaker.container import Root, environment
from local.sagemaker.errors import JobFailedError, ValidationError
from local.sagemaker.models import ServedContainer
from local.sagemaker.platform import Platform
from local.sagemaker.server import Server, UnhealthyError


class FleetError(JobFailedError):
    """A fleet did not become healthy. The message is the endpoint's FailureReason."""


class DownloadError(FleetError):
    """The artifact is not there, is not one archive, or the role may not read it."""


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Starts the servers of one variant of an endpoint."""

    platform: Platform
    endpoint: str
    variant: str
    timeout_s: float

    def launch(self, container: ServedContainer) -> Server:
        """Start a server and wait until it is healthy.

        Raises:
            FleetError: if it is not; nothing is left running.
        """
        prefix = f"{self.endpoint[:30]}-{self.variant[:20]}-"
        root = Root(Path(tempfile.mkdtemp(prefix=prefix, dir=self.platform.work_dir)))
        try:
            self._fetch_model(container, root)
            server = Server(root=root, environment=self._environment(container, root), log=self._log())
            server.start(self.timeout_s)
        except UnhealthyError as exc:
            self._keep_log()
            root.remove()
            raise FleetError(
                f"The primary container for production variant {self.variant} did not pass the ping health check. "
                f"Please check CloudWatch logs for this endpoint. {exc}"[:1024]
            ) from exc
        except FleetError:
            root.remove()
            raise
        except (ValidationError, JobFailedError) as exc:
            root.remove()
            raise FleetError(str(exc)[:1024]) from exc
        return server

    def _log(self) -> Path:
        directory = self.platform.work_dir / "logs"
        directory.mkdir(parents=True, exist_ok=True)
        return directory / f"endpoint-{self.endpoint}-{self.variant}.log"

    def _keep_log(self) -> None:
        log = self._log()
        if log.exists():
            text = log.read_text(errors="replace")
            self.platform.write_log(f"/aws/sagemaker/Endpoints/{self.endpoint}", self.variant, text)

    def _fetch_model(self, container: ServedContainer, root: Root) -> None:
        staging = root.place("/opt/ml/download")
        try:
            transfer.download(self.platform.objects(container.role_arn), container.data_url, staging)
        except JobFailedError as exc:
            raise DownloadError(f"Failed to download model data from {container.data_url}: {exc}"[:1024]) from exc
        archives = list(staging.iterdir())
        if len(archives) != 1:
            raise DownloadError(f"Failed to extract model data archive from {container.data_url}: not one object")
        transfer.unpack(archives[0], root.place("/opt/ml/model"))
        archives[0].unlink()

    def _environment(self, container: ServedContainer, root: Root) -> dict[str, str]:
        code = root.opt_ml / "model" / "code"
        defaults = {"SAGEMAKER_BASE_DIR": "/opt/ml", "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code"}
        made = environment(root, self.platform.job_environment(container.role_arn), defaults, container.environment)
        # The toolkit puts the script's directory first; ours is the loader of that script, not part of it.
        made["PYTHONPATH"] = ":".join(filter(None, [str(code), made.get("PYTHONPATH", "")]))
        return made
