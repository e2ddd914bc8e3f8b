"""A demo that runs while the command blocks of the pages are tried: `/etc/anju` and `/var/lib/anju` of the pages."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
READY_S = 90
STARTS_S, GOES_ON_S = 60.0, 1.0
"""How long a command that runs until Ctrl-C may be silent at first, and how long it is left running then."""


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """`data` is its folder, `facts` its demo.json."""

    data: Path
    facts: dict[str, Any]

    def in_place(self, text: str) -> str:
        """A block's text with the paths of an installed gateway, and the demo's addresses, replaced by this demo's."""
        mqtt = self.facts["mqtt"]
        for said, here in (
            ("sudo -u anju /opt/anju/venv/bin/anju", "anju"),
            ("sudo -u anju anju", "anju"),
            ("sudo anju", "anju"),
            (".venv/bin/anju", "anju"),
            ("/etc/anju", str(self.data / "config")),
            ("/var/lib/anju", str(self.data)),
            ("http://127.0.0.1:8080", self.facts["http"]),
            ("-p PORT -u USER -P PASSWORD", f"-p {mqtt['port']} -u {mqtt['user']} -P {mqtt['password']}"),
        ):
            text = text.replace(said, here)
        return text

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "ANJU_DATA": str(self.data), "TERM": "dumb"}

    def run(self, text: str, folder: Path) -> tuple[int, str]:
        """Exit status and what was printed; `set -e`, so the first command that fails ends the block."""
        done = subprocess.run(
            ["bash", "-e", "-o", "pipefail", "-c", self.in_place(text)],
            cwd=folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    def run_until_interrupted(self, text: str, folder: Path) -> tuple[int, str]:
        """Start it, interrupt it as Ctrl-C does a little after its first output, and wait for its end."""
        with subprocess.Popen(
            ["bash", "-c", f"exec {self.in_place(text).strip()}"],
            cwd=folder,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            assert process.stdout is not None
            said = b""
            # Not after a fixed time: on a busy machine that would interrupt Python while it still imports.
            if select.select([process.stdout], [], [], STARTS_S)[0]:
                said = os.read(process.stdout.fileno(), 65_536)
                time.sleep(GOES_ON_S)
            os.killpg(process.pid, signal.SIGINT)
            rest, _ = process.communicate(timeout=30)
        return process.returncode, (said + rest).decode()


@contextmanager
def running_demo(folder: Path) -> Iterator[RunningDemo]:
    """`anju demo` on loopback, with data in `folder`."""
    data, log = folder / "demo", folder / "demo.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [BIN / "anju", "demo", "--port", "0", "--data", data], stdout=file, stderr=file, stdin=subprocess.DEVNULL
        )
    try:
        deadline = time.monotonic() + READY_S
        while not (data / "demo.json").exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield RunningDemo(data, json.loads((data / "demo.json").read_text()))
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait()
