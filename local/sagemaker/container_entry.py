"""First code in every process that stands for a container: it isolates the script and ends with the emulator.

Run as ``python container_entry.py COMMAND...``. Two things differ between a process and a container. A process outlives
the one that started it, so this one watches its standard input, a pipe that nobody writes to: when the emulator ends,
however it ends, the pipe closes and the whole process group is killed. And the interpreter of the emulator sees this
repository, which no image contains: its directory is taken off the path, so that a script which forgets to bring its
sources fails here as it would on AWS.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path

_HERE = Path(__file__).resolve()


def _end_with_parent(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)


def _watch_parent() -> None:
    lifeline = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_end_with_parent, args=(lifeline,), daemon=True, name="lifeline").start()


def _hide_repository() -> None:
    hidden = {_HERE.parent, _HERE.parents[2]}
    sys.path[:] = [entry for entry in sys.path if not entry or Path(entry).resolve() not in hidden]


def _run_python(arguments: list[str]) -> None:
    """Do what ``python ARGUMENTS`` does for a script, ``-m module`` or ``-c code``."""
    flags = set()
    while arguments and arguments[0] in ("-u", "-B", "-s", "-P"):
        flags.add(arguments[0])
        arguments = arguments[1:]
    if not arguments:
        raise SystemExit("python: no script to run")
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102 - that is what -c means
    else:
        sys.argv = arguments
        if "-P" not in flags:
            sys.path.insert(0, str(Path(arguments[0]).resolve().parent))
        runpy.run_path(arguments[0], run_name="__main__")


def main() -> None:
    """Run the command of the container in this process, or in a child when it is not Python."""
    command = sys.argv[1:]
    _watch_parent()
    _hide_repository()
    if Path(command[0]).name.startswith("python"):
        _run_python(command[1:])
    else:
        sys.exit(subprocess.call(command))  # noqa: S603 - the command is the job's own entrypoint


if __name__ == "__main__":
    main()
