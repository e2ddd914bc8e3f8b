"""Accepts connections from listening sockets, within bounds for the process and for one peer.

`asyncio`'s own servers have no bounds: nobody counts connections in their TLS handshake, and a process without a free
descriptor logs one traceback a second. Here handshakes have slots of their own, and every connection that can't be
accepted is counted under the name of its listener.
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
from gateway.model import Text, Words

log = structlog.get_logger(__name__)
MAX_HANDSHAKES = 100
"""Connections of one listener that have not finished their TLS handshake; one more replaces the oldest."""
HANDSHAKE_TIMEOUT_S = 10.0
WRITE_TIMEOUT_S = 60.0
"""How long a peer may leave unread or unacknowledged what it was sent, in any protocol: the kernel closes then."""
PAUSE_S = 0.2
"""After the system had no descriptor or memory for a connection. The connection waits in the kernel's queue."""
BACKLOG = 256
TOO_MANY_HANDSHAKES = Words(
    "同时进行的 TLS 握手太多，请检查网络中是否有异常设备",
    "too many TLS handshakes at once: look for a device gone wild in the network",
)
EXHAUSTED = Words(
    "系统的文件句柄或内存已用完，新连接进不来，请加大 LimitNOFILE 或找出占用连接的设备",
    "the system is out of descriptors or memory: raise LimitNOFILE, or find who holds the connections",
)
NOT_ACCEPTED = Words("系统不能接受新连接", "the system would not accept a connection")
_SOCKET_GONE = {errno.EBADF, errno.EINVAL, errno.ENOTSOCK}
_EXHAUSTED = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}


@dataclass(frozen=True, slots=True)
class RefusalReporter:
    """Counts refusals under the name that a listener has in the log and in /metrics."""

    name: str
    refusals: RefusalLog = field(default_factory=RefusalLog)

    def refuse(self, why: Text, *, grave: bool = False, **details: str) -> None:
        """Count one refusal. `grave`: a quota is spent and a person must act; `details` go into the log."""
        self.refusals.note(Refusal(self.name, why, grave), **details)


@asynccontextmanager
async def accept_connections(
    reporter: RefusalReporter,
    sockets: Sequence[socket.socket],
    make: Callable[[], asyncio.BaseProtocol],
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[Sequence[asyncio.Task[None]]]:
    """Accept connections from these listening sockets while the context is open; then close the sockets.

    `make` gives the protocol of each connection. Yields the tasks that accept, which fail when a socket is gone.
    """
    loop = asyncio.get_running_loop()
    running = [loop.create_task(_Acceptor(reporter, each, make, tls).run()) for each in sockets]
    for task in running:  # whoever uses the context need not await the tasks to see a failure in the log
        task.add_done_callback(lambda ended: _log_error(reporter, ended))
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
        reporter: RefusalReporter,
        listening: socket.socket,
        make: Callable[[], asyncio.BaseProtocol],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._reporter, self._listening, self._make, self._tls = reporter, listening, make, tls
        self._began: dict[asyncio.Task[None], float] = {}
        self._handshakes = ConnectionSlots[asyncio.Task[None]](MAX_HANDSHAKES, lambda task: self._began.get(task, 0.0))

    async def run(self) -> None:
        """Accept until cancelled. Connections that are in their handshake then are closed."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    accepted, address = await loop.sock_accept(self._listening)
                except OSError as error:
                    await self._not_accepted(error)
                else:
                    self._begin(accepted, network(str((address or ("?",))[0])))
        finally:
            for task in self._began:
                task.cancel()

    async def _not_accepted(self, error: OSError) -> None:
        if error.errno == errno.ECONNABORTED:  # the peer has gone again
            return
        if error.errno in _SOCKET_GONE:
            raise error
        exhausted = error.errno in _EXHAUSTED
        self._reporter.refuse(EXHAUSTED if exhausted else NOT_ACCEPTED, grave=True, error=str(error))
        # The socket stays readable as long as the connection waits: without a pause this loop would spin.
        await asyncio.sleep(PAUSE_S)

    def _begin(self, accepted: socket.socket, host: str) -> None:
        loop = asyncio.get_running_loop()
        # asyncio's write buffer has no timeout: a peer that stops reading would keep its connection for hours.
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(WRITE_TIMEOUT_S * 1000))
        task = loop.create_task(self._connect(accepted))
        self._began[task] = loop.time()
        task.add_done_callback(self._ended)
        # Without TLS the connection is made at once, and takes no slot here.
        if self._tls is not None and (evicted := self._handshakes.take(task, address=host)):
            evicted[0].cancel()
            self._reporter.refuse(TOO_MANY_HANDSHAKES, grave=True, address=host)

    async def _connect(self, accepted: socket.socket) -> None:
        """Make the TLS handshake, if there is one, and connect the socket to its protocol."""
        loop = asyncio.get_running_loop()
        timeout = HANDSHAKE_TIMEOUT_S if self._tls else None
        try:
            await loop.connect_accepted_socket(self._make, accepted, ssl=self._tls, ssl_handshake_timeout=timeout)
        except (OSError, ssl.SSLError) as error:
            log.debug("connection not established", listener=self._reporter.name, why=str(error))
        except BaseException:  # cancelled: the loop closes the socket only once it has a transport
            accepted.close()
            raise

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._began[task]
        self._handshakes.release(task)
        _log_error(self._reporter, task)


def _log_error(reporter: RefusalReporter, task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("listener failed", listener=reporter.name, exc_info=error)


def listening_sockets(host: str, port: int) -> list[socket.socket]:
    """A listening socket for each address of the host, all on one port. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, kind, proto, _, address in dict.fromkeys(found):
            made = socket.socket(family, kind, proto)
            sockets.append(made)
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                # Else it would take the port for IPv4 too, and the IPv4 socket could not be bound.
                made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            # With port 0 the first socket gets a free port, and the others the same one.
            made.bind((address[0], sockets[0].getsockname()[1] if len(sockets) > 1 else port, *address[2:]))
            made.listen(BACKLOG)
    except BaseException:
        for each in sockets:
            each.close()
        raise
    return sockets
