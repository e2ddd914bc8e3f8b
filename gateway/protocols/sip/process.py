"""baresip as a child process: started on its folder, connected to, and ended by its id."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from gateway.errors import LinkLost
from gateway.model import Words
from gateway.protocols.sip.control import Decoder
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.folder import MISSING, Accounts, forget_password, written
from gateway.protocols.sip.settings import SipSettings

START_S = 10.0
END_S = 3.0
_ASK_AGAIN_S = 0.02
_CONTROL_PORTS = range(30_000, 32_768)
_KEPT = 4096
"""Characters of what it printed."""
_RED = re.compile(r"\x1b\[31m([^\x1b\n]*)")


class _Line(asyncio.Protocol):
    """The control connection. baresip serves one client alone and drops it for the next."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._decoder = Decoder()
        self._socket: socket.socket | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = transport.get_extra_info("socket")
        self._acknowledge_at_once()

    def _acknowledge_at_once(self) -> None:
        """Or its second answer waits 40 ms for the acknowledgement of the first (Nagle's algorithm there)."""
        if self._socket is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def data_received(self, data: bytes) -> None:
        self._acknowledge_at_once()
        for item in self._decoder.feed(data):
            self._engine.heard(item)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  # what the process says tells more
        self._engine.lost("baresip closed its control connection")


class _Process(asyncio.SubprocessProtocol):
    """The last lines it printed, and when it ended."""

    def __init__(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._printed = ""

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002  # one pipe
        self._printed = (self._printed + data.decode(errors="replace"))[-_KEPT:]

    def process_exited(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def why(self) -> str:
        """Its complaint: what it prints in red."""
        complaints = [found.strip() for found in _RED.findall(self._printed)]
        return next(filter(None, complaints), "it did not say why")[:200]


@asynccontextmanager
async def running(settings: SipSettings) -> AsyncIterator[Engine]:
    """A baresip that is ready. Raises LinkLost that says why it is not."""
    program = shutil.which("baresip")
    if program is None:
        raise LinkLost(Words(MISSING, "baresip is not installed: apt-get install baresip-core"))
    accounts, control = Accounts.of(settings), _free_port()
    with written(settings, accounts, control) as folder:
        engine, loop = Engine(accounts), asyncio.get_running_loop()
        # Killed with us even if we are killed: else it would hold the SIP port against our successor.
        with_us = [shutil.which("setpriv"), "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
        transport, process = await loop.subprocess_exec(
            _Process,
            *filter(None, with_us),
            program,
            "-f",
            str(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await _connect(engine, process, control, settings)
            forget_password(folder)
            yield engine
        finally:
            engine.lost("the engine was stopped")
            await _end(transport, process)


async def _connect(engine: Engine, process: _Process, port: int, settings: SipSettings) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_S
    while True:
        if process.ended.done():
            en = f"baresip did not start on {settings.listen}: {process.why()}"
            raise LinkLost(Words("对讲程序启动不了，请通知安装员", en))
        with suppress(OSError):
            line, _ = await loop.create_connection(lambda: _Line(engine), "127.0.0.1", port)
            engine.connected(line)
            await engine.signed_in()
            return
        if loop.time() > deadline:
            en = f"baresip opened no control connection within {START_S:g} s: {process.why()}"
            raise LinkLost(Words("对讲程序启动不了，请通知安装员", en))
        await asyncio.sleep(_ASK_AGAIN_S)


async def _end(transport: asyncio.SubprocessTransport, process: _Process) -> None:
    for stop in (transport.terminate, transport.kill):
        with suppress(ProcessLookupError):
            stop()
        done, _ = await asyncio.wait([process.ended], timeout=END_S)
        if done:
            break
    transport.close()


def _free_port() -> int:
    """Below the ports that Linux gives to outgoing connections: those could take it before baresip does."""
    while True:
        port = secrets.choice(_CONTROL_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
