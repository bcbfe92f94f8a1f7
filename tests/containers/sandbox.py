"""Ambit as docker-compose.yml runs it, without a container engine: the same settings, user number,
secrets and volumes, in a file system of which nothing but the volumes can be written."""

import os
import queue
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from deployment import AMBIT, dockerfile

BUBBLEWRAP = os.environ.get("AMBIT_TEST_BUBBLEWRAP")
START_LIMIT = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def arguments(environment, secrets, volumes, temporary=()):
    """The sandbox: what a distroless image has, the binary, secrets and volumes; all of it read-only
    but the volumes."""
    user, group = dockerfile("USER")[0].split(":")
    (working_directory,) = dockerfile("WORKDIR")[1:]
    binds = []
    for library in ("/lib", "/lib64", "/usr/lib", "/etc/ssl", "/usr/share/ca-certificates"):
        binds += ["--ro-bind-try", library, library]
    for name in secrets:
        binds += ["--ro-bind", str(secrets[name]), f"/run/secrets/{name}"]
    binds += ["--dir", working_directory]
    for source, target in volumes:
        binds += ["--bind", str(source), target]
    for folder in temporary:
        binds += ["--tmpfs", folder]
    for name, value in environment.items():
        binds += ["--setenv", name, value]
    return [
        BUBBLEWRAP, "--unshare-user", "--unshare-pid", "--unshare-ipc", "--uid", user, "--gid", group,
        "--cap-drop", "ALL", "--die-with-parent", "--as-pid-1", "--clearenv",
        "--ro-bind", str(AMBIT), "/usr/local/bin/ambit", *binds,
        "--dev", "/dev", "--proc", "/proc", "--remount-ro", "/", "--chdir", working_directory,
        "/usr/local/bin/ambit",
    ]


def run(sandbox, *command, **more):
    return subprocess.run([*sandbox, *command], capture_output=True, text=True, timeout=60, **more)


class Process:
    """A program that runs until the end of the test."""

    def __init__(self, command, **more):
        self.lines = []
        self.said = queue.Queue()
        self.child = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **more
        )
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.lines.append(line)
            self.said.put(line)
        self.said.put(None)

    def wait_for(self, text):
        deadline = time.monotonic() + START_LIMIT
        while True:
            line = self.said.get(timeout=max(0.1, deadline - time.monotonic()))
            assert line is not None, "it ended:\n" + "".join(self.lines)
            if text in line:
                return

    def stop(self):
        """Asks the program to end, past the sandbox that it may be in; answers its status."""
        if self.child.poll() is None:
            children = Path(f"/proc/{self.child.pid}/task/{self.child.pid}/children").read_text()
            inside = children.split()[0] if children else self.child.pid
            os.kill(int(inside), signal.SIGTERM)
            self.child.wait(timeout=30)
        return self.child.returncode


def eventually(condition, limit=20):
    deadline = time.monotonic() + limit
    while True:
        found = condition()
        if found or time.monotonic() > deadline:
            return found
        time.sleep(0.1)

