"""The process behind an endpoint: serves a model directory with the real inference toolkit.

Run with ``SAGEMAKER_BASE_DIR`` (where ``model/`` is), ``SAGEMAKER_PROGRAM`` and ``HEADRACE_PORT_FILE``. It binds a free
port of the loopback interface, writes the number to that file and answers ``/ping`` with 200 once the model is loaded.
A model that cannot be loaded ends the process.
"""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sagemaker_inference.transformer import Transformer

_OK, _SERVER_ERROR = 200, 500
_CUSTOM_ATTRIBUTES = "x-amzn-sagemaker-custom-attributes"


class Context:
    """One request as the toolkit wants to see it; the names are those of the multi-model-server it was written for."""

    def __init__(self, model_dir: Path, headers: dict[str, str]) -> None:
        self.headers = headers
        self.status = _OK
        self.content_type = "application/json"
        self.answer_headers: dict[str, str] = {}
        self.system_properties = {"model_dir": str(model_dir), "gpu_id": None}
        properties = {"Content-Type": headers.get("content-type"), "Accept": headers.get("accept")}
        self.request_processor = [SimpleNamespace(get_request_properties=lambda: properties)]

    def get_request_header(self, _index: int, key: str) -> str | None:
        """One header of the request."""
        return self.headers.get(key.lower())

    def get_all_request_header(self, _index: int) -> dict[str, str]:
        """Every header of the request, names in lower case."""
        return self.headers

    def set_response_content_type(self, _index: int, value: str) -> None:
        """Set by the toolkit from what ``output_fn`` returned."""
        self.content_type = value

    def set_response_header(self, _index: int, key: str, value: str) -> None:
        """Set by scripts that take the context."""
        self.answer_headers[key] = value

    def set_response_status(self, code: int = _OK, phrase: str = "", index: int = 0) -> None:
        """Set by the toolkit when the script raised."""
        del phrase, index
        self.status = code


class Server(ThreadingHTTPServer):
    """Serves one model; one thread per connection, and the emulator keeps its connections open."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, model_dir: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.model_dir = model_dir
        self.transformer = Transformer()
        self.ready = threading.Event()

    def load(self) -> None:
        """Load the model; requests are answered from then on."""
        self.transformer.validate_and_initialize(model_dir=str(self.model_dir), context=Context(self.model_dir, {}))
        self.ready.set()


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body in one segment

    def log_message(self, *_: Any) -> None:
        """Requests are not logged; what the script prints is."""

    def do_GET(self) -> None:
        """Answer the health check."""
        self._answer(_OK if self.path == "/ping" and self.server.ready.is_set() else 503, b"", "text/plain")

    def do_POST(self) -> None:
        """Answer an invocation."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path != "/invocations" or not self.server.ready.is_set():
            self._answer(404 if self.server.ready.is_set() else 503, b"", "text/plain")
            return
        context = Context(self.server.model_dir, {name.lower(): value for name, value in self.headers.items()})
        answer = self.server.transformer.transform([{"body": body}], context)[0]
        if context.status >= _SERVER_ERROR:
            sys.stderr.write(f"{answer}\n")
        self._answer(context.status, _bytes(answer), context.content_type, context.answer_headers)

    def _answer(self, status: int, body: bytes, content_type: str, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            if name.lower() == _CUSTOM_ATTRIBUTES:
                self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


def _bytes(answer: Any) -> bytes:
    if isinstance(answer, bytes | bytearray):
        return bytes(answer)
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


def main() -> None:
    """Bind, tell the port, load the model, serve until the process is ended."""
    model_dir = Path(os.environ["SAGEMAKER_BASE_DIR"]) / "model"
    server = Server(model_dir)
    port_file = Path(os.environ["HEADRACE_PORT_FILE"])
    staged = port_file.with_suffix(".new")
    staged.write_text(str(server.server_port))
    staged.rename(port_file)
    threading.Thread(target=server.serve_forever, daemon=True, name="http").start()
    server.load()
    threading.Event().wait()


if __name__ == "__main__":
    main()
