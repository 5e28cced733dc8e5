"""The loop's lifecycle: what it starts ends with it, however it ends; and the endpoints a driver uses."""

import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest
from local_account import Account, until

from local.emulator import ministack_core
from local.loop import Loop, LoopError

SCRIPT = textwrap.dedent(
    """
    import json, signal, sys, time
    from local.loop import Loop
    from local_account import Account

    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests may ignore it
    with Loop() as loop:
        account = Account(loop)
        function = account.function("import os\\ndef handler(event, context):\\n    return os.getpid()\\n")
        worker = json.load(account.client("lambda").invoke(FunctionName=function)["Payload"])
        left = {"port": int(loop.endpoint_url.rpartition(":")[2]), "worker": worker, "state": str(loop.state_dir)}
        print(json.dumps({**left, "emulator": loop.pid}), flush=True)
        time.sleep(60)
    """
)


class Running:
    """A process that runs a loop with a warm function in it."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(Path(__file__).parents[3]), str(Path(__file__).parent)])
        self.process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
        )
        assert self.process.stdout
        self.left = json.loads(self.process.stdout.readline())

    def end(self, number: signal.Signals) -> None:
        """Send a signal and wait."""
        self.process.send_signal(number)
        self.process.wait(30)
        assert self.process.stdout
        self.process.stdout.close()

    def nothing_left(self) -> bool:
        """Whether neither process nor port is left."""
        return not alive(self.left["worker"]) and not alive(self.left["emulator"]) and not listening(self.left["port"])


def alive(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def listening(port: int) -> bool:
    """Whether something accepts connections on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_ctrl_c_leaves_no_process_no_port_and_no_files() -> None:
    running = Running()
    running.end(signal.SIGINT)
    assert running.nothing_left()
    assert not Path(running.left["state"]).exists()


def test_an_emulator_whose_starter_was_killed_ends_by_itself_and_takes_its_files_along() -> None:
    running = Running()
    running.end(signal.SIGKILL)
    until(running.nothing_left)
    until(lambda: not Path(running.left["state"]).exists())


def test_a_loop_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr("local.emulator_process._free_port", lambda: taken.getsockname()[1])
        with pytest.raises(LoopError, match=r"(?s)the emulator ended while starting.*in use"), Loop():
            pass


def test_another_version_of_ministack_is_refused_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ministack_core, "MINISTACK_VERSION", "0.0.1")
    with pytest.raises(ministack_core.WrongVersionError, match=r"written for ministack 0\.0\.1.*make setup"):
        ministack_core.configure(port=1, enforce_iam=False, wait_scale=1.0)


def test_only_the_one_port_listens_and_only_on_loopback(account: Account) -> None:
    descriptors = Path(f"/proc/{account.loop.pid}/fd").iterdir()
    links = {str(path.readlink()) for path in descriptors if path.is_symlink()}
    inodes = {link[8:-1] for link in links if link.startswith("socket:[")}
    listeners = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listeners.add(fields[1])
    port = int(account.loop.endpoint_url.rpartition(":")[2])
    assert listeners == {f"0100007F:{port:04X}"}


def test_the_clock_moves_forward_only(account: Account) -> None:
    before = account.loop.now()
    assert account.loop.advance(100) >= before + 100
    with pytest.raises(LoopError, match="only moves forward"):
        account.loop.advance(-1)
    started = time.monotonic()
    assert account.loop.now() - before < 100 + 10 + time.monotonic() - started


def test_idle_tells_who_has_work(account: Account) -> None:
    report = account.loop.idle()
    assert {"idle", "event_source_mappings", "delivery_streams", "functions", "queues", "sagemaker"} <= report.keys()
    url, _arn = account.queue()
    account.client("sqs").send_message(QueueUrl=url, MessageBody="x")
    assert account.loop.idle()["queues"][url.rpartition("/")[2]] == {"visible": 1, "in_flight": 0}
    account.client("sqs").purge_queue(QueueUrl=url)


def test_a_busy_function_is_work_to_wait_for(account: Account) -> None:
    function = account.function("import time\ndef handler(event, context):\n    time.sleep(1)\n")
    account.client("lambda").invoke(FunctionName=function, InvocationType="Event")
    name = function.rpartition(":")[2]
    until(lambda: name in account.loop.idle()["functions"]["running"])
    account.loop.wait_idle()
    assert name not in account.loop.idle()["functions"]["running"]
