"""The container of a multi-model endpoint: each model is a server of its own, started when a request first names it.

Multi Model Server gives every model workers of its own as well, so one model's crash ends no other.
"""

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from local.sagemaker.errors import JobFailedError, ServiceError
from local.sagemaker.launch import DownloadError, FleetError, Launcher
from local.sagemaker.models import ServedContainer
from local.sagemaker.platform import S3Location
from local.sagemaker.server import Server, UnavailableError


class ManyModels:
    """The models below one folder. A loaded one stays as it is until the fleet goes, whatever becomes of its file."""

    pid = None
    """There is no process that all models share."""

    def __init__(self, container: ServedContainer, launcher: Launcher) -> None:
        self._container = container
        self._launcher = launcher
        self._loaded: dict[str, Server] = {}
        self._loading: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def serving(self, target: str | None) -> Iterator[Server]:
        """The server of one model, loaded if it is not; without a cache it ends with the request.

        Args:
            target: the request's ``TargetModel``, a key below the folder.

        Raises:
            ServiceError: ``ValidationError`` if the request names no model, or one that is not there.
            UnavailableError: if the model cannot be loaded.
        """
        if not target:
            raise ServiceError("ValidationError", "The request is missing a target model header.")
        if self._container.cached:
            yield self._server(target)
            return
        server = self._load(target)
        try:
            yield server
        finally:
            server.close()

    def close(self) -> None:
        """End every server."""
        with self._lock:
            self._closed = True
            servers, self._loaded = list(self._loaded.values()), {}
        for server in servers:
            server.close()

    def _server(self, target: str) -> Server:
        with self._lock:
            loading = self._loading[target]
        with loading:  # requests for one model wait for its only loading; those for another do not
            if (server := self._loaded.get(target)) is None:
                server = self._load(target)
                with self._lock:
                    self._loaded[target] = server
                    closed = self._closed
                if closed:
                    server.close()
                    raise UnavailableError("the endpoint was deleted")
        return server

    def _load(self, target: str) -> Server:
        location = S3Location.parse(self._container.data_url).child(target)
        try:
            return self._launcher.launch(replace(self._container, data_url=location.uri, many=False))
        except DownloadError as exc:
            raise ServiceError(
                "ValidationError",
                f"Failed to download model data(bucket: {location.bucket}, key: {location.key}). Please ensure that "
                "there is an object located at the URL and that the role passed to CreateModel has permissions to "
                f"download the model. {exc}",
            ) from exc
        except (FleetError, JobFailedError) as exc:
            raise UnavailableError(str(exc)) from exc
