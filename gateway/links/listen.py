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
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Literal

import structlog
from pydantic import BeforeValidator, Field

from gateway.driver import DriverSettings
from gateway.errors import LinkLost
from gateway.settings.addresses import Listen, ListenAddress
from gateway.settings.durations import PositiveDuration
from gateway.settings.mend import Wrong

log = structlog.get_logger(__name__)
CHUNK = 4096
"""Bytes a read gives at most; twice as many wait here, the rest in the kernel."""
WRITE_LIMIT = 10.0
"""Seconds the other end may leave unread what it is sent before its connection counts as lost."""
DATAGRAMS = 256
"""Under way at once; more wait in the kernel's buffer."""
LONGEST_DATAGRAM = 65_535
BACKLOG = 256

Transport = Literal["tcp", "udp"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: object) -> object:
    try:
        return value if isinstance(value, Network) else ipaddress.ip_network(str(value))
    except ValueError as error:
        raise Wrong(f"{value!r} is no network ({error})", "write one like 192.168.20.0/24 or 192.168.20.7") from error


class ListenSettings(DriverSettings):
    """What the YAML says about a door, flat beside the driver's own keys."""

    listen: Annotated[ListenAddress, Field(description="host:port; 0.0.0.0 is every address of this machine")]
    transport: Annotated[tuple[Transport, ...], Field(min_length=1, description="tcp, udp or both, on one port")] = (
        "tcp",
        "udp",
    )
    allow: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...],
        Field(description="networks that may come in; none: everyone who reaches the port"),
    ] = ()
    connections: Annotated[
        int, Field(ge=1, le=10_000, description="open at once; one more takes the place of the one longest silent")
    ] = 500
    idle: Annotated[
        PositiveDuration, Field(description="how long a connection may say nothing before it is closed")
    ] = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Datagram:
    """One datagram; `peer` is where it came from, `host:port`."""

    data: bytes
    peer: str
    _door: socket.socket
    _address: tuple[str | int, ...]

    def reply(self, data: bytes) -> None:
        """Answer its sender, or not: like any datagram it may be lost."""
        with suppress(OSError):
            self._door.sendto(data, self._address)


class Caller:
    """One TCP connection; one task reads, any task writes. `peer` is the other end, `host:port`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, idle: float) -> None:
        self._reader, self._writer, self._idle = reader, writer, idle
        self.peer = str(Listen(*writer.get_extra_info("peername", ("?", 0))[:2]))
        self.heard_at = asyncio.get_running_loop().time()

    async def read(self) -> bytes:
        """The next bytes as they come, at most 4 kB; `b""` at the end: it hung up, or said nothing for too long."""
        try:
            async with asyncio.timeout(self._idle):
                data = await self._reader.read(CHUNK)
        except (OSError, TimeoutError):
            return b""
        self.heard_at = asyncio.get_running_loop().time()
        return data

    async def write(self, data: bytes) -> None:
        """Returns once little of it waits to be sent. Raises LinkLost when the connection is gone or takes nothing."""
        if self._writer.is_closing():
            raise LinkLost(f"the connection of {self.peer} is closed")
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


OnCaller = Callable[[Caller], Awaitable[None]]
OnDatagram = Callable[[Datagram], Awaitable[None]]


class ListenLink:
    """What a driver with `LINK = "listen"` is handed."""

    def __init__(self, settings: ListenSettings) -> None:
        self.settings = settings

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Door]:
        """The port, bound; raises LinkLost that says why it can't be."""
        with _bound(self.settings) as (tcp, udp):
            yield Door(self.settings, tcp, udp)


class Door:
    """A bound port. `port` is the one that was taken, where the YAML says 0."""

    def __init__(self, settings: ListenSettings, tcp: socket.socket | None, udp: socket.socket | None) -> None:
        self._settings, self._tcp, self._udp = settings, tcp, udp
        self._callers: set[Caller] = set()
        bound = tcp or udp
        assert bound
        self.port: int = bound.getsockname()[1]
        self.turned_away = 0
        """Connections and datagrams from elsewhere than `allow` says."""

    async def serve(self, on_caller: OnCaller, on_datagram: OnDatagram) -> None:
        """Runs until cancelled. LinkLost and OSError end one connection; any other error ends the door."""
        async with asyncio.TaskGroup() as tasks:
            if self._tcp:
                tasks.create_task(self._accept(self._tcp, on_caller, tasks))
            if self._udp:
                tasks.create_task(self._receive(self._udp, on_datagram, tasks))

    async def _accept(self, door: socket.socket, on_caller: OnCaller, tasks: asyncio.TaskGroup) -> None:
        def come_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            caller = Caller(reader, writer, self._settings.idle.total_seconds())
            if self._may_come(writer.get_extra_info("peername")):
                tasks.create_task(self._talk(caller, on_caller))
            else:
                caller.abort()

        server = await asyncio.start_server(come_in, sock=door, limit=CHUNK, backlog=BACKLOG)
        async with server:
            await server.serve_forever()

    async def _talk(self, caller: Caller, on_caller: OnCaller) -> None:
        if len(self._callers) >= self._settings.connections:
            self._make_room()
        self._callers.add(caller)
        try:
            await on_caller(caller)
        except (LinkLost, OSError) as error:
            log.debug("a connection was lost", listen=str(self._settings.listen), peer=caller.peer, why=str(error))
        finally:
            self._callers.discard(caller)
            caller.close()

    def _make_room(self) -> None:
        """Half-open connections of devices that lost power linger; a device that calls now is alive."""
        silent = min(self._callers, key=lambda caller: caller.heard_at)
        self._callers.discard(silent)
        log.info("a connection gives way to a new one", listen=str(self._settings.listen), peer=silent.peer)
        silent.abort()

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
                datagram = Datagram(data, str(Listen(*address[:2])), door, address)
                tasks.create_task(_handle(on_datagram, datagram, room))
            else:
                room.release()
                await asyncio.sleep(0)

    def _may_come(self, address: tuple[str | int, ...] | None) -> bool:
        if not address:
            return False
        if not self._settings.allow:
            return True
        host = ipaddress.ip_address(str(address[0]).partition("%")[0])
        allowed = any(host in network for network in self._settings.allow)
        self.turned_away += not allowed
        return allowed


async def _handle(on_datagram: OnDatagram, datagram: Datagram, room: asyncio.Semaphore) -> None:
    try:
        with suppress(LinkLost, OSError):
            await on_datagram(datagram)
    finally:
        room.release()


@contextmanager
def _bound(settings: ListenSettings) -> Iterator[tuple[socket.socket | None, socket.socket | None]]:
    host, port = settings.listen.host, settings.listen.port
    sockets: dict[str, socket.socket] = {}
    try:
        for transport in sorted(set(settings.transport)):  # tcp first: where the port is free to choose, it chooses
            sockets[transport] = _bind(transport, host, port)
            port = sockets[transport].getsockname()[1]
        yield sockets.get("tcp"), sockets.get("udp")
    finally:
        for each in sockets.values():
            each.close()


def _bind(transport: str, host: str, port: int) -> socket.socket:
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, kind)
    except OSError as error:
        raise LinkLost(f"can't listen on {host}:{port}: {error.strerror or error}") from error
    try:
        made.setblocking(False)
        if transport == "tcp":
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
        if transport == "tcp":
            made.listen(BACKLOG)
    except OSError as error:
        made.close()
        why = error.strerror or error
        raise LinkLost(f"can't listen on {transport} {host}:{port}: {why}; is another program there?") from error
    return made
