"""The artifact behind the server of the XGBoost container, which installs the code with pip as every start there does.

Collected where that server is installed: in the environment of ``nox -s container``.
"""

import shutil
from pathlib import Path

from job_runs import Trained
from served_answers import require_answers

OFFLINE_PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0"}
"""As the pipeline sets it for the container; its module cannot be imported here, because it needs the SDK."""


def test_the_containers_server_installs_and_serves_the_artifact_without_a_network(
    trained: Trained, tmp_path: Path
) -> None:
    model, installed = tmp_path / "model", tmp_path / "installed"
    shutil.copytree(trained.model, model)
    for folder in (tmp_path / "code", installed):
        folder.mkdir()
    program = {"SAGEMAKER_PROGRAM": "inference.py", "SAGEMAKER_SUBMIT_DIRECTORY": str(model / "code")}
    # What pip installs must not stay in the environment of the tests.
    aside = {"PIP_TARGET": str(installed), "PYTHONPATH": str(installed)}
    base = {"SAGEMAKER_BASE_DIR": str(tmp_path), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    require_answers("serve_in_container.py", trained, model, {**base, **program, **OFFLINE_PIP, **aside})
    assert (installed / "inference.py").is_file()
