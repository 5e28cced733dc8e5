"""Answers requests as the XGBoost container's server does: the same import, transformer and Flask application.

Run as ``python serve_in_container.py MODEL_DIR`` with a JSON list of ``{"body", "content_type"}`` on standard input;
writes a JSON list of ``{"status", "content_type", "body"}`` as its last line. The environment names the code.
"""

import collections
import collections.abc
import json
import shlex
import sys
from pathlib import Path

# The published package is older than Python 3.10, which took this name away; the image carries a mended copy.
collections.Mapping = collections.abc.Mapping  # type: ignore[attr-defined]  # that is the point

from sagemaker_containers.beta.framework import env, modules, transformer, worker  # noqa: E402  # needs the name


def main() -> None:
    if " " in sys.executable:
        sys.executable = _alias(Path.cwd() / "python")
    settings = env.ServingEnv()
    user = modules.import_module(settings.module_dir, settings.module_name)
    functions = {name: getattr(user, name) for name in ("model_fn", "input_fn", "predict_fn", "output_fn")}
    served = transformer.Transformer(**functions)
    served.initialize()
    client = worker.Worker(transform_fn=served.transform, module_name=settings.module_name).test_client()
    answers = []
    for request in json.load(sys.stdin):
        headers = {"Content-Type": request["content_type"], "Accept": "application/json"}
        answer = client.post("/invocations", data=request["body"], headers=headers)
        found = {"status": answer.status_code, "content_type": answer.mimetype, "body": answer.get_data(as_text=True)}
        answers.append(found)
    sys.stdout.write("\n" + json.dumps(answers) + "\n")


def _alias(path: Path) -> str:
    """This interpreter by a path without spaces, at which the published package splits its commands."""
    path.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    path.chmod(0o700)
    return str(path)


main()
