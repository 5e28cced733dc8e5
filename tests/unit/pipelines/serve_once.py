"""Answers requests with the inference toolkit as a server would, in a process of its own because it imports by name.

Run as ``python serve_once.py MODEL_DIR`` with a JSON list of ``{"body", "content_type"}`` on standard input; writes a
JSON list of ``{"status", "content_type", "body"}``.
"""

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sagemaker_inference.transformer import Transformer


class Context:
    """One request and its answer, as the model server's context presents them."""

    def __init__(self, model_dir: str, content_type: str) -> None:
        self.system_properties = {"model_dir": model_dir, "gpu_id": None}
        self.request_processor = [SimpleNamespace(get_request_properties=lambda: {"Content-Type": content_type})]
        self.status = 200
        self.content_type = ""

    def set_response_content_type(self, _index: int, value: str) -> None:
        self.content_type = value

    def set_response_status(self, code: int = 200, phrase: str = "", **_: Any) -> None:
        self.status = code


def main() -> None:
    model_dir = sys.argv[1]
    sys.path.insert(0, str(Path(model_dir, "code")))
    transformer = Transformer()
    answers = []
    for request in json.load(sys.stdin):
        context = Context(model_dir, request["content_type"])
        (body,) = transformer.transform([{"body": request["body"].encode()}], context)
        answers.append({"status": context.status, "content_type": context.content_type, "body": body})
    json.dump(answers, sys.stdout)


main()
