"""One baresip, run and told what to do; it ends with the gateway, however that ends."""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

from gateway.errors import CommandFailed, LinkLost
from gateway.links.sip.control import Answer, Decoder, Event, Item, Unreadable, encode
from gateway.links.sip.folder import Accounts, written
from gateway.links.sip.settings import SipSettings

_CALL_ID = re.compile(r"^ af=\S+ id=(\S+)$", re.MULTILINE)
START_S = 10.0
END_S = 3.0
ANSWER_S = 5.0
"""It answers within a millisecond or hangs."""
_ASK_AGAIN_S = 0.02
_LINES = 30
_MOST_WAITING = 1000
"""Events nobody took; there are a dozen a call."""


class Engine:
    """baresip behind its control connection.

    `next` gives what happened, in order. Orders go out one after the other, each in one piece: baresip acts on a
    "current" call, so that choosing it and acting on it must not be parted by a call that comes in between.
    """

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self._waiting: dict[str, asyncio.Future[Answer]] = {}
        self._happened: asyncio.Queue[Event | Unreadable | None] = asyncio.Queue()
        self._token = 0
        self._line: asyncio.Transport | None = None
        self._lost = "the engine is not connected"

    async def next(self) -> Event | Unreadable:
        """Raises LinkLost once the engine is gone."""
        item = await self._happened.get()
        if item is None:
            raise LinkLost(self._lost)
        return item

    async def alive(self) -> None:
        """Raises LinkLost when it hangs."""
        await self._order(("reginfo", ""))

    async def answer(self, call: str) -> None:
        """Answer a station's call while others go on ringing.

        baresip 1.0 puts the call before the chosen one on hold first and gives up where that fails, as it does with
        one that only rings; asked again it finds it held, and answers. So: twice, and a call so held is released.
        """
        await self._on_call(call, ("resume", ""), ("accept", ""), ("accept", ""))

    async def hang_up(self, call: str) -> None:
        """A station's call, ringing or open."""
        await self._on_call(call, ("hangup", ""))

    async def send_keys(self, call: str, keys: str) -> None:
        """As RFC 4733 events. Raises CommandFailed when the call has no such events, LinkLost when in doubt."""
        status = (await self._on_call(call, ("callstat", "")))[-1].text
        if "telephone-event" not in status.partition("remote formats")[2]:
            raise CommandFailed("the station takes no keys in a call: switch on DTMF by RFC 2833/4733 there")
        answers = await self._order(*self._chosen(call), ("sndcode", keys))
        if not _found(answers):
            raise LinkLost("a call ended while keys were sent: it is not known which call got them")

    async def dial(self, account: str, uri: str) -> str:
        """Call somebody; gives the Call-ID."""
        answers = await self._order(("uafind", account), ("dial", uri), ("callstat", ""), must=True)
        named = _CALL_ID.search(answers[-1].text)
        if named is None:
            raise CommandFailed(f"baresip did not call {uri}")
        return named[1]

    async def drop(self, account: str) -> None:
        """End the call of an account that has one at most."""
        await self._order(("uafind", account), ("hangup", ""))

    def _chosen(self, call: str) -> tuple[tuple[str, str], ...]:
        return ("uafind", self.accounts.stations), ("callfind", call)

    async def _on_call(self, call: str, *orders: tuple[str, str]) -> list[Answer]:
        answers = await self._order(*self._chosen(call), *orders)
        if not _found(answers):
            raise CommandFailed("the call has just ended")
        return answers

    async def _order(self, *orders: tuple[str, str], must: bool = False) -> list[Answer]:
        """In one write, so that baresip handles them without anything between. `must`: each is to succeed."""
        if self._line is None:
            raise LinkLost(self._lost)
        loop = asyncio.get_running_loop()
        tokens: list[str] = []
        data = b""
        try:
            for command, params in orders:
                self._token += 1
                tokens.append(str(self._token))
                data += encode(command, params, tokens[-1])
                self._waiting[tokens[-1]] = loop.create_future()
            self._line.write(data)
            async with asyncio.timeout(ANSWER_S):
                answers = [await self._waiting[token] for token in tokens]
        except ValueError as error:
            raise CommandFailed(str(error)) from error
        except TimeoutError:
            raise LinkLost(f"baresip did not answer within {ANSWER_S:g} s") from None
        finally:
            for token in tokens:
                self._waiting.pop(token, None)
        failed = next((answer for answer in answers if not answer.ok), None)
        if must and failed is not None:
            raise CommandFailed(f"baresip refused: {failed.text.strip()}")
        return answers

    def connected(self, line: asyncio.Transport) -> None:
        self._line = line

    def heard(self, item: Item) -> None:
        if isinstance(item, Answer):
            waiting = self._waiting.get(item.token)
            if waiting is not None and not waiting.done():
                waiting.set_result(item)
        elif self._happened.qsize() < _MOST_WAITING:
            self._happened.put_nowait(item)
        else:
            self.lost("nobody took what baresip told")

    def lost(self, why: str) -> None:
        """Nothing more comes; told once."""
        if self._line is None:
            return
        self._line.abort()
        self._line, self._lost = None, why
        self._happened.put_nowait(None)
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(LinkLost(why))


def _found(answers: Sequence[Answer]) -> bool:
    """Whether `callfind`, the second of the orders, found its call."""
    return answers[1].ok and answers[1].text.startswith("setting current call")


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
        self._printed: deque[str] = deque(maxlen=_LINES)

    def pipe_data_received(self, fd: int, data: bytes) -> None:  # noqa: ARG002  # one pipe
        self._printed.extend(data.decode(errors="replace").splitlines())

    def process_exited(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def why(self) -> str:
        """Its complaint: what it prints in red."""
        red = [line.replace("\x1b[;m", "").partition("\x1b[31m")[2] for line in self._printed if "\x1b[31m" in line]
        return red[0].strip()[:200] if red else "it said nothing"


@asynccontextmanager
async def running(settings: SipSettings) -> AsyncIterator[Engine]:
    """A baresip that is ready. Raises LinkLost that says why it is not."""
    program = shutil.which("baresip")
    if program is None:
        raise LinkLost("baresip is not installed: apt-get install baresip-core")
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
            yield engine
        finally:
            engine.lost("the engine was stopped")
            await _end(transport, process)


async def _connect(engine: Engine, process: _Process, port: int, settings: SipSettings) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + START_S
    while True:
        if process.ended.done():
            raise LinkLost(f"baresip did not start on {settings.listen}: {process.why()}")
        with suppress(OSError):
            line, _ = await loop.create_connection(lambda: _Line(engine), "127.0.0.1", port)
            engine.connected(line)
            await engine.alive()
            return
        if loop.time() > deadline:
            raise LinkLost(f"baresip opened no control connection within {START_S:g} s: {process.why()}")
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
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
