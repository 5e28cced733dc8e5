"""The files a worker sees: the unpacked bundle, and the packages that AWS puts into every Python runtime."""

import importlib.util
import io
import shutil
import threading
import zipfile
from hashlib import sha256
from pathlib import Path

_RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")

_lock = threading.Lock()


def unpacked(code_zip: bytes, root: Path) -> Path:
    """The directory of a bundle, unpacked once per content under ``root``."""
    target = root / sha256(code_zip).hexdigest()[:16]
    with _lock:
        if not target.exists():
            partial = target.with_suffix(".partial")
            shutil.rmtree(partial, ignore_errors=True)
            with zipfile.ZipFile(io.BytesIO(code_zip)) as bundle:
                bundle.extractall(partial)
            partial.rename(target)
    return target


def runtime_packages(root: Path) -> Path:
    """A directory with links to the packages of the AWS runtime and to nothing else."""
    target = root / "runtime"
    with _lock:
        target.mkdir(parents=True, exist_ok=True)
        for name in _RUNTIME_PACKAGES:
            spec = importlib.util.find_spec(name)
            if spec is None or spec.origin is None:
                raise ModuleNotFoundError(f"the local Lambda runtime needs {name}; run `make setup`")
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            link = target / source.name
            if not link.exists():
                link.symlink_to(source)
    return target
