"""The files a worker sees: the unpacked bundle, and the packages that AWS puts into every Python runtime.

A bundle's machine code is for Lambda's processor. This environment's packages of the same names take its place, with
their versions.
"""

import importlib.util
import io
import shutil
import threading
import zipfile
from hashlib import sha256
from pathlib import Path

_RUNTIME_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")

_LIBRARIES = ".libs"
"""Ends the folder of the libraries that a wheel brings along."""
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
            _replace_machine_code(partial)
            partial.rename(target)
    return target


def runtime_packages(root: Path) -> Path:
    """A directory with links to the packages of the AWS runtime and to nothing else."""
    target = root / "runtime"
    with _lock:
        target.mkdir(parents=True, exist_ok=True)
        for name in _RUNTIME_PACKAGES:
            source = _installed(name)
            link = target / source.name
            if not link.exists():
                link.symlink_to(source)
    return target


def _replace_machine_code(bundle: Path) -> None:
    """Put links to this environment's packages in the place of those that hold code for Lambda's processor."""
    foreign = {it.relative_to(bundle).parts[0].removesuffix(_LIBRARIES) for it in bundle.rglob("*.so")}
    for name in foreign:
        package = _installed(name)
        for source in (package, package.with_name(f"{name}{_LIBRARIES}")):
            shutil.rmtree(bundle / source.name, ignore_errors=True)
            if source.exists():
                (bundle / source.name).symlink_to(source)


def _installed(name: str) -> Path:
    """Where a package or module of this environment is."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"the local Lambda runtime needs {name}; run `make setup`")
    origin = Path(spec.origin)
    return origin.parent if origin.name == "__init__.py" else origin
