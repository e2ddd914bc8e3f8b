"""A door that devices come to: TCP connections, datagrams, or both, on one port.

A driver with `LINK = "listen"` and `ListenSettings` as its Settings is handed a `ListenLink`:

    async with self.link.open() as door:
        self.emit.heard()
        await door.serve(self._talk, self._take)

`_talk(caller)` runs once a connection, `_take(datagram)` once a datagram, many at a time, until
`serve` is cancelled. Whatever a driver does not read stays in the kernel, so a driver that waits
for a commit holds its senders back: TCP by its window, UDP (where nothing can) by dropping.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from gateway.errors import LinkLost
from gateway.limits import ConnectionSlots, RateLimit, RefusalLog, network
from gateway.links import accept
from gateway.links.capture import Capture
from gateway.links.listen_settings import ListenSettings, bound
from gateway.links.state_file import StateFile
from gateway.model import Words
from gateway.settings.addresses import Listen
from gateway.tasks import most_relevant_error, run_forever

__all__ = ["Datagram", "ListenLink", "ListenPort", "ListenSettings", "RemotePeer"]

log = structlog.get_logger(__name__)
CHUNK = 4096
"""Bytes a read gives at most; twice as many wait here, the rest in the kernel."""
WRITE_LIMIT = 10.0
"""Seconds the other end may leave unread what it is sent before its connection counts as lost."""
TOO_MANY = Words(
    "连接太多，最久没有动静的已断开，请检查网络，或提高 connections",
    "too many connections, the one longest silent was closed: look for who has them, or raise connections",
)
DATAGRAMS = 256
"""Under way at once; more wait in the kernel's buffer."""
LONGEST_DATAGRAM = 65_535


@dataclass(frozen=True, slots=True)
class Datagram:
    """One datagram; `peer` is where it came from, `host:port`."""

    data: bytes
    peer: str
    _door: socket.socket
    _address: tuple[str | int, ...]
    _capture: Capture

    def reply(self, data: bytes) -> None:
        """Answer its sender, or not: like any datagram it may be lost."""
        self._capture.record("out", data, self.peer)
        with suppress(OSError):
            self._door.sendto(data, self._address)


class RemotePeer:
    """One TCP connection; one task reads, any task writes. `peer` is the other end, `host:port`."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: float, capture: Capture
    ) -> None:
        self._reader, self._writer, self._idle, self._capture = reader, writer, idle, capture
        self.host, port = writer.get_extra_info("peername", ("?", 0))[:2]
        self.peer = str(Listen(self.host, port))
        self.heard_at = asyncio.get_running_loop().time()

    async def read(self) -> bytes:
        """The next bytes as they come, at most 4 kB; `b""` at the end: it hung up, or said nothing for too long."""
        try:
            async with asyncio.timeout(self._idle):
                data = await self._reader.read(CHUNK)
        except (OSError, TimeoutError):
            return b""
        self.heard_at = asyncio.get_running_loop().time()
        self._capture.record("in", data, self.peer)
        return data

    async def write(self, data: bytes) -> None:
        """Returns once little of it waits to be sent. Raises LinkLost when the connection is gone or takes nothing."""
        if self._writer.is_closing():
            raise LinkLost(f"the connection of {self.peer} is closed")
        self._capture.record("out", data, self.peer)
        self._writer.write(data)
        try:
            async with asyncio.timeout(WRITE_LIMIT):
                await self._writer.drain()
        except TimeoutError:
            self.abort()
            raise LinkLost(f"{self.peer} left what it was sent unread for {WRITE_LIMIT:g} s") from None
        except OSError as error:
            raise LinkLost(f"the connection of {self.peer} is gone: {error}") from error

    def close(self) -> None:
        """What was written is still sent."""
        self._writer.close()

    def abort(self) -> None:
        self._writer.transport.abort()


OnCaller = Callable[[RemotePeer], Awaitable[None]]
OnDatagram = Callable[[Datagram], Awaitable[None]]


class ListenLink:
    """What a driver with `LINK = "listen"` is handed; `notes` outlive a restart of the gateway."""

    def __init__(
        self,
        settings: ListenSettings,
        notes: StateFile | None = None,
        refusals: RefusalLog | None = None,
        name: str = "",
    ) -> None:
        self.settings = settings
        self._refused_by = accept.RefusalReporter(name or str(settings.listen), refusals or RefusalLog())
        self.notes = notes or StateFile()
        self.capture = Capture()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[ListenPort]:
        """The port, bound; raises LinkLost that says why it can't be."""
        with bound(self.settings) as (tcp, udp):
            yield ListenPort(self.settings, tcp, udp, self.capture, self._refused_by)


class ListenPort:
    """A bound port. `port` is the one that was taken, where the YAML says 0."""

    def __init__(
        self,
        settings: ListenSettings,
        tcp: socket.socket | None,
        udp: socket.socket | None,
        capture: Capture,
        refused_by: accept.RefusalReporter,
    ) -> None:
        self._settings, self._tcp, self._udp, self._capture = settings, tcp, udp, capture
        self._refused_by = refused_by
        self._callers = ConnectionSlots[RemotePeer](
            settings.connections,
            lambda caller: caller.heard_at,
            clock=lambda: asyncio.get_running_loop().time(),
        )
        self._broken, self._held_back = RateLimit.on_loop_clock(), 0
        door = tcp or udp
        assert door
        self.port: int = door.getsockname()[1]
        self.turned_away = 0
        """Connections and datagrams from elsewhere than `allow` says."""

    async def serve(self, on_caller: OnCaller, on_datagram: OnDatagram) -> None:
        """Runs until cancelled. An error ends the one connection or datagram that it came of; an unexpected one is
        logged with its traceback. Raises when the port itself is gone.
        """
        # Two groups: what still comes in while the doors close finds the handlers' group open.
        async with asyncio.TaskGroup() as tasks, asyncio.TaskGroup() as doors:
            if self._tcp:
                doors.create_task(run_forever("accepting connections", self._accept(self._tcp, on_caller, tasks)))
            if self._udp:
                doors.create_task(run_forever("receiving datagrams", self._receive(self._udp, on_datagram, tasks)))

    async def _accept(self, door: socket.socket, on_caller: OnCaller, tasks: asyncio.TaskGroup) -> None:
        def come_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            caller = RemotePeer(reader, writer, self._settings.idle.total_seconds(), self._capture)
            if self._may_come(writer.get_extra_info("peername")):
                tasks.create_task(self._talk(caller, on_caller))
            else:
                caller.abort()

        loop = asyncio.get_running_loop()

        def protocol() -> asyncio.StreamReaderProtocol:
            return asyncio.StreamReaderProtocol(asyncio.StreamReader(CHUNK, loop), come_in, loop)

        async with accept.accept_connections(self._refused_by, [door], protocol) as running:
            await asyncio.gather(*running)

    async def _talk(self, caller: RemotePeer, on_caller: OnCaller) -> None:
        self._take_in(caller)
        try:
            await on_caller(caller)
        except Exception as error:  # noqa: BLE001  # a supervisor of one connection: hundreds of panels share the door
            self._note(error, "connection", caller.peer)
        finally:
            self._callers.release(caller)
            caller.close()

    def _take_in(self, caller: RemotePeer) -> None:
        """Half-open connections of devices that lost power linger; a device that calls now is alive.

        Whoever has the most gives way: one host that opens hundreds must not cut off the devices.
        """
        if left := self._callers.take(caller, address=network(caller.host)):
            self._refused_by.refuse(TOO_MANY, grave=True, peer=left[0].peer)
            left[0].abort()

    async def _receive(self, door: socket.socket, on_datagram: OnDatagram, tasks: asyncio.TaskGroup) -> None:
        loop = asyncio.get_running_loop()
        room = asyncio.Semaphore(DATAGRAMS)
        while True:
            await room.acquire()
            try:
                data, address = await loop.sock_recvfrom(door, LONGEST_DATAGRAM)
            except OSError:  # an ICMP error about an answer we sent: the sender has gone, the door has not
                room.release()
                continue
            if self._may_come(address):
                datagram = Datagram(data, str(Listen(*address[:2])), door, address, self._capture)
                self._capture.record("in", data, datagram.peer)
                tasks.create_task(self._handle(on_datagram, datagram, room))
            else:
                room.release()
                await asyncio.sleep(0)

    async def _handle(self, on_datagram: OnDatagram, datagram: Datagram, room: asyncio.Semaphore) -> None:
        try:
            await on_datagram(datagram)
        except Exception as error:  # noqa: BLE001  # as with a connection
            self._note(error, "datagram", datagram.peer)
        finally:
            room.release()

    def _note(self, error: Exception, what: str, peer: str) -> None:
        """A child of a handler's own TaskGroup fails as an ExceptionGroup, whose error counts."""
        why, listen = most_relevant_error(error), str(self._settings.listen)
        if isinstance(why, LinkLost | OSError):
            log.debug("it was lost", what=what, listen=listen, peer=peer, why=str(why))
        elif self._broken.admits():
            held_back, self._held_back = self._held_back, 0
            log.error("handling it broke", what=what, listen=listen, peer=peer, more=held_back, exc_info=error)
        else:
            self._held_back += 1

    def _may_come(self, address: tuple[str | int, ...] | None) -> bool:
        if not address:
            return False
        if not self._settings.allow:
            return True
        host = ipaddress.ip_address(str(address[0]).partition("%")[0])
        host = getattr(host, "ipv4_mapped", None) or host  # as an IPv4 sender is called at an address of IPv6
        allowed = any(host in network for network in self._settings.allow)
        if not allowed:
            self.turned_away += 1
            self._refused_by.refuse("not from a network that `allow` names", address=str(host))
        return allowed
