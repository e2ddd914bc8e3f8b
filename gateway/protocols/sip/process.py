"""Runs baresip as a child process: starts it with its folder, connects to it, and stops it."""

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
from gateway.protocols.sip.config_folder import NOT_INSTALLED_ZH, EngineAccounts, config_folder, delete_passwords
from gateway.protocols.sip.control import ControlDecoder
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.settings import SipSettings

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 3.0
_CONNECT_RETRY_S = 0.02
_CONTROL_PORTS = range(30_000, 32_768)
_MAX_OUTPUT = 4096
"""Characters kept of what it printed."""
_RED = re.compile(r"\x1b\[31m([^\x1b\n]*)")


class _ControlConnection(asyncio.Protocol):
    """The control connection. baresip serves one client only and drops it for the next."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._decoder = ControlDecoder()
        self._socket: socket.socket | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket = transport.get_extra_info("socket")
        self._acknowledge_at_once()

    def _acknowledge_at_once(self) -> None:
        """Otherwise its second response waits 40 ms for the ACK of the first (Nagle's algorithm on its side)."""
        if self._socket is not None:
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def data_received(self, data: bytes) -> None:
        self._acknowledge_at_once()
        for item in self._decoder.feed(data):
            self._engine.received(item)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002  # the process's output has the reason
        # Raises nothing here: the driver gets LinkLost from its next call.
        self._engine.lost("baresip closed its control connection")


class _EngineProcess(asyncio.SubprocessProtocol):
    """Keeps the last lines that it printed, and has a future that completes when it ends."""

    def __init__(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._output = ""

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002  # one pipe
        self._output = (self._output + data.decode(errors="replace"))[-_MAX_OUTPUT:]

    def process_exited(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def why(self) -> str:
        """Its first error message, which it prints in red."""
        complaints = [found.strip() for found in _RED.findall(self._output)]
        return next(filter(None, complaints), "it gave no reason")[:200]


@asynccontextmanager
async def running_engine(settings: SipSettings) -> AsyncIterator[Engine]:
    """A running baresip that is ready. Raises LinkLost with the reason if it does not start."""
    program = shutil.which("baresip")
    if program is None:
        raise LinkLost(Words(NOT_INSTALLED_ZH, "baresip is not installed: apt-get install baresip-core"))
    accounts, control_port = EngineAccounts.of(settings), _free_port()
    with config_folder(settings, accounts, control_port) as folder:
        engine, loop = Engine(accounts), asyncio.get_running_loop()
        transport, process = await loop.subprocess_exec(
            _EngineProcess,
            *_die_with_us(),
            program,
            "-f",
            str(folder),
            stdin=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            await _connect(engine, process, control_port, settings)
            delete_passwords(folder)
            yield engine
        finally:
            # Wake everybody who waits before the process is gone.
            engine.lost("the engine was stopped")
            await _stop(transport, process)


def _die_with_us() -> list[str]:
    """Has the kernel kill it when we are killed: otherwise it would keep the SIP port from the next gateway."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL"] if setpriv else []


async def _connect(engine: Engine, process: _EngineProcess, port: int, settings: SipSettings) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_TIMEOUT_S
    while True:
        if process.ended.done():
            en = f"baresip did not start on {settings.listen}: {process.why()}"
            raise LinkLost(Words("对讲程序启动不了，请通知安装员", en))
        with suppress(OSError):
            connection, _ = await loop.create_connection(lambda: _ControlConnection(engine), "127.0.0.1", port)
            engine.connected(connection)
            # The port may belong to another program: only a response proves that this is baresip.
            await engine.registered()
            return
        if loop.time() > deadline:
            en = f"baresip opened no control connection within {START_TIMEOUT_S:g} s: {process.why()}"
            raise LinkLost(Words("对讲程序启动不了，请通知安装员", en))
        await asyncio.sleep(_CONNECT_RETRY_S)


async def _stop(transport: asyncio.SubprocessTransport, process: _EngineProcess) -> None:
    # SIGTERM lets baresip end its calls and unregister.
    for stop in (transport.terminate, transport.kill):
        with suppress(ProcessLookupError):
            stop()
        done, _ = await asyncio.wait([process.ended], timeout=STOP_TIMEOUT_S)
        if done:
            break
    transport.close()


def _free_port() -> int:
    """Below the ports that Linux gives to outgoing connections: one of those could be taken before baresip binds it."""
    while True:
        # Random, not the first: several gateways on one machine may start at once.
        port = secrets.choice(_CONTROL_PORTS)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
