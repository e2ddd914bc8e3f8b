"""An RS-485-to-Ethernet converter: ser2net, raw TCP, one connection at a time, in front of a pty."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.parts import executable
from tests.support.ports import HOST, free_port

CONFIGURATION = """\
connection: &line
  accepter: tcp,{host},{port}
  connector: serialdev,{path},9600n81,local
"""


@contextmanager
def converter(folder: Path, path: str) -> Iterator[str]:
    """Serve the tty at `path` until left; gives what an installer would write as `port`."""
    port = free_port()
    file = folder / "ser2net.yaml"
    file.write_text(CONFIGURATION.format(host=HOST, port=port, path=path))
    process = subprocess.Popen(
        [executable("ser2net"), "-n", "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_until_listening(process, port)
        yield f"tcp://{HOST}:{port}"
    finally:
        process.kill()
        process.wait(10)


def _wait_until_listening(process: subprocess.Popen[bytes], port: int) -> None:
    """Without connecting: that would be its one connection."""
    wanted = f":{port:04X} 00000000:0000 0A"
    for _ in range(500):
        if wanted in Path("/proc/net/tcp").read_text():
            return
        if process.poll() is not None:
            raise RuntimeError(f"ser2net ended with {process.returncode}")
        try:
            process.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    raise TimeoutError(f"ser2net does not listen on {port}")
