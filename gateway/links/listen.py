"""A port that devices connect to: TCP connections, datagrams, or both, on one port.

A driver with `LINK = "listen"` and `ListenSettings` as its Settings is handed a `ListenLink`:

    async with self.link.open() as port:
        self.emit.heard()
        await port.serve(self._handle_peer, self._handle_datagram)

`_handle_peer(peer)` runs once a connection, `_handle_datagram(datagram)` once a datagram, many at a time, until
`serve` is cancelled. What a driver does not read stays in the kernel. So a driver that waits for a commit holds its
senders back: TCP by its window, UDP, which has none, by dropping.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog

from gateway.errors import LinkLost
from gateway.limits import ConnectionSlots, RateLimit, RefusalLog, network
from gateway.links import accept
from gateway.links.capture import Capture
from gateway.links.listen_peers import READ_BYTES, Datagram, RemotePeer
from gateway.links.listen_settings import ListenSettings, bound
from gateway.links.state_file import StateFile
from gateway.model import Words
from gateway.settings.addresses import Listen
from gateway.tasks import most_relevant_error, run_forever

__all__ = ["Datagram", "ListenLink", "ListenPort", "ListenSettings", "RemotePeer"]

log = structlog.get_logger(__name__)
TOO_MANY = Words(
    "连接太多，最久没有动静的已断开，请检查网络，或提高 connections",
    "too many connections, the one longest silent was closed: look for who has them, or raise connections",
)
MAX_DATAGRAMS = 256
"""Datagrams that are handled at once; more wait in the kernel's buffer."""
MAX_DATAGRAM_BYTES = 65_535

OnPeer = Callable[[RemotePeer], Awaitable[None]]
OnDatagram = Callable[[Datagram], Awaitable[None]]


class ListenLink:
    """What a driver with `LINK = "listen"` is handed; `state_file` outlives a restart of the gateway."""

    def __init__(
        self,
        settings: ListenSettings,
        state_file: StateFile | None = None,
        refusals: RefusalLog | None = None,
        name: str = "",
    ) -> None:
        self.settings = settings
        self._reporter = accept.RefusalReporter(name or str(settings.listen), refusals or RefusalLog())
        self.state_file = state_file or StateFile()
        self.capture = Capture()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ListenPort]:
        """The port, bound; raises LinkLost that says why it can't be."""
        with bound(self.settings) as (tcp, udp):
            yield ListenPort(self.settings, tcp, udp, self.capture, self._reporter)


class ListenPort:
    """A bound port. `port` is the number that it got, where the YAML says 0."""

    def __init__(
        self,
        settings: ListenSettings,
        tcp: socket.socket | None,
        udp: socket.socket | None,
        capture: Capture,
        reporter: accept.RefusalReporter,
    ) -> None:
        self._settings, self._tcp, self._udp, self._capture = settings, tcp, udp, capture
        self._reporter = reporter
        self._peers = ConnectionSlots[RemotePeer](
            settings.connections,
            lambda peer: peer.heard_at,
            clock=lambda: asyncio.get_running_loop().time(),
        )
        self._log_limit, self._suppressed = RateLimit.on_loop_clock(), 0
        first = tcp or udp
        assert first
        self.port: int = first.getsockname()[1]
        self.not_allowed = 0
        """Connections and datagrams from networks that `allow` does not name."""

    async def serve(self, on_peer: OnPeer, on_datagram: OnDatagram) -> None:
        """Serve until cancelled. Raises when the port itself is gone.

        An error in a handler ends that one connection or datagram; an unexpected one is logged with its traceback.
        """
        # Two groups, the handlers' outside: what is accepted while the listeners close still finds it open.
        async with asyncio.TaskGroup() as handlers, asyncio.TaskGroup() as listeners:
            if self._tcp:
                listeners.create_task(run_forever("accepting connections", self._accept(self._tcp, on_peer, handlers)))
            if self._udp:
                receiving = self._receive(self._udp, on_datagram, handlers)
                listeners.create_task(run_forever("receiving datagrams", receiving))

    async def _accept(self, listening: socket.socket, on_peer: OnPeer, handlers: asyncio.TaskGroup) -> None:
        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            peer = RemotePeer(reader, writer, self._settings.idle.total_seconds(), self._capture)
            if self._is_allowed(writer.get_extra_info("peername")):
                handlers.create_task(self._handle_peer(peer, on_peer))
            else:
                peer.abort()

        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(READ_BYTES, loop), connected, loop)

        async with accept.accept_connections(self._reporter, [listening], protocol) as running:
            await asyncio.gather(*running)

    async def _handle_peer(self, peer: RemotePeer, on_peer: OnPeer) -> None:
        self._take_slot(peer)
        try:
            await on_peer(peer)
        except Exception as error:  # noqa: BLE001  # supervises one connection: hundreds of panels share the port
            self._log_error(error, "connection", peer.peer)
        finally:
            self._peers.release(peer)
            peer.close()

    def _take_slot(self, peer: RemotePeer) -> None:
        """Half-open connections of devices that lost power linger, so a device that connects now takes their place.

        The host with the most connections gives way: one host that opens hundreds must not cut off the devices.
        """
        if evicted := self._peers.take(peer, address=network(peer.host)):
            self._reporter.refuse(TOO_MANY, grave=True, peer=evicted[0].peer)
            evicted[0].abort()

    async def _receive(self, listening: socket.socket, on_datagram: OnDatagram, handlers: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        free = asyncio.Semaphore(MAX_DATAGRAMS)
        while True:
            await free.acquire()
            try:
                data, address = await loop.sock_recvfrom(listening, MAX_DATAGRAM_BYTES)
            except OSError:  # an ICMP error about an answer that we sent: its receiver is gone, our socket is not
                free.release()
                continue
            if self._is_allowed(address):
                datagram = Datagram(data, str(Listen(*address[:2])), listening, address, self._capture)
                self._capture.record("in", data, datagram.peer)
                handlers.create_task(self._handle_datagram(on_datagram, datagram, free))
            else:
                free.release()
                await asyncio.sleep(0)  # `sock_recvfrom` does not suspend while datagrams wait: let other tasks run

    async def _handle_datagram(self, on_datagram: OnDatagram, datagram: Datagram, free: asyncio.Semaphore) -> None:
        try:
            await on_datagram(datagram)
        except Exception as error:  # noqa: BLE001  # as with a connection
            self._log_error(error, "datagram", datagram.peer)
        finally:
            free.release()

    def _log_error(self, error: Exception, what: str, peer: str) -> None:
        # A task in a handler's own TaskGroup fails as an ExceptionGroup; the error inside it decides.
        why, listen = most_relevant_error(error), str(self._settings.listen)
        if isinstance(why, LinkLost | OSError):
            log.debug("connection lost", what=what, listen=listen, peer=peer, why=str(why))
        elif self._log_limit.admits():
            suppressed, self._suppressed = self._suppressed, 0
            log.error("handler failed", what=what, listen=listen, peer=peer, suppressed=suppressed, exc_info=error)
        else:
            self._suppressed += 1

    def _is_allowed(self, address: tuple[str | int, ...] | None) -> bool:
        if not address:
            return False
        if not self._settings.allow:
            return True
        host = ipaddress.ip_address(str(address[0]).partition("%")[0])
        host = getattr(host, "ipv4_mapped", None) or host  # an IPv4 sender, as an IPv6 socket names it
        allowed = any(host in network for network in self._settings.allow)
        if not allowed:
            self.not_allowed += 1
            self._reporter.refuse("not from a network that `allow` names", address=str(host))
        return allowed
