"""Taking connections from a listening socket, within what the process and one peer may have.

`asyncio`'s own servers know no bound: connections in their TLS handshake are counted by nobody, and a process
without a free descriptor is told of in one traceback a second. Here handshakes have seats of their own, and every
connection that can't be taken is counted under the name of its door.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import structlog

from gateway.limits import ConnectionSlots, Refusal, RefusalLog, network
from gateway.model import Said, Words

log = structlog.get_logger(__name__)
HANDSHAKES = 100
"""Connections of one door that have not finished their TLS handshake; the oldest gives way."""
HANDSHAKE_S = 10.0
UNREAD_S = 60.0
"""How long a peer may leave unread or unacknowledged what it was sent, whatever the protocol: the kernel hangs up."""
PAUSE_S = 0.2
"""After the system had no descriptor or memory for a connection; it waits in the kernel's queue meanwhile."""
TOO_MANY_HANDSHAKES = Words(
    "同时进行的 TLS 握手太多，请检查网络中是否有异常设备",
    "too many TLS handshakes at once: look for a device gone wild in the network",
)
EXHAUSTED = Words(
    "系统的文件句柄或内存已用完，新连接进不来，请加大 LimitNOFILE 或找出占用连接的设备",
    "the system is out of descriptors or memory: raise LimitNOFILE, or find who holds the connections",
)
NOT_ACCEPTED = Words("系统不能接受新连接", "the system would not accept a connection")
_GONE = {errno.EBADF, errno.EINVAL, errno.ENOTSOCK}
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
BACKLOG = 256


@dataclass(frozen=True, slots=True)
class RefusalReporter:
    """What a door is called in the log and in /metrics, and who counts what it refuses."""

    name: str
    refusals: RefusalLog = field(default_factory=RefusalLog)

    def refuse(self, why: Said, *, grave: bool = False, **last: str) -> None:
        self.refusals.note(Refusal(self.name, why, grave), **last)


@asynccontextmanager
async def accept_connections(
    door: RefusalReporter,
    sockets: Sequence[socket.socket],
    make: Callable[[], asyncio.BaseProtocol],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
    """Take connections from these sockets, which listen, until left; then they are closed.

    Gives the tasks that do it, which fail when a socket is gone.
    """
    loop = asyncio.get_running_loop()
    running = [loop.create_task(_Acceptor(door, each, make, tls).run()) for each in sockets]
    for task in running:
        task.add_done_callback(lambda ended: _tell_of_error(door, ended))
    try:
        yield running
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        for each in sockets:
            each.close()


class _Acceptor:
    def __init__(
        self,
        door: RefusalReporter,
        listening_sockets: socket.socket,
        make: Callable[[], asyncio.BaseProtocol],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._door, self._listening, self._make, self._tls = door, listening_sockets, make, tls
        self._began: dict[asyncio.Task[None], float] = {}
        self._handshakes = ConnectionSlots[asyncio.Task[None]](HANDSHAKES, lambda task: self._began.get(task, 0.0))

    async def run(self) -> None:
        """Until cancelled; who is in its handshake then is let go."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    accepted, address = await loop.sock_accept(self._listening)
                except OSError as error:
                    await self._could_not(error)
                else:
                    self._begin(accepted, network(str((address or ("?",))[0])))
        finally:
            for task in self._began:
                task.cancel()

    async def _could_not(self, error: OSError) -> None:
        """Nobody was taken: one who knocked has gone again, or the system has nothing to take it with."""
        if error.errno == errno.ECONNABORTED:
            return
        if error.errno in _GONE:
            raise error
        exhausted = error.errno in _EXHAUSTED
        self._door.refuse(EXHAUSTED if exhausted else NOT_ACCEPTED, grave=True, error=str(error))
        await asyncio.sleep(PAUSE_S)

    def _begin(self, accepted: socket.socket, host: str) -> None:
        loop = asyncio.get_running_loop()
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(UNREAD_S * 1000))
        task = loop.create_task(self._hand_over(accepted))
        self._began[task] = loop.time()
        task.add_done_callback(self._ended)
        if self._tls is not None and (left := self._handshakes.take(task, address=host)):
            left[0].cancel()
            self._door.refuse(TOO_MANY_HANDSHAKES, grave=True, address=host)

    async def _hand_over(self, accepted: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        patience = HANDSHAKE_S if self._tls else None
        try:
            await loop.connect_accepted_socket(self._make, accepted, ssl=self._tls, ssl_handshake_timeout=patience)
        except (OSError, ssl.SSLError) as error:
            log.debug("a connection was not made", door=self._door.name, why=str(error))
        except BaseException:
            accepted.close()
            raise

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._began[task]
        self._handshakes.release(task)
        _tell_of_error(self._door, task)


def _tell_of_error(door: RefusalReporter, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("a door broke", door=door.name, exc_info=error)


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """A socket for each address of the host, all on one port. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, proto, _, address in dict.fromkeys(found):
            made = socket.socket(family, kind, proto)
            sockets.append(made)
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            made.bind((address[0], sockets[0].getsockname()[1] if len(sockets) > 1 else port, *address[2:]))
            made.listen(BACKLOG)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets
