"""The port that devices connect to: its settings in the YAML, and its sockets."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gateway.driver import DriverSettings
from gateway.errors import LinkLost
from gateway.model import Words
from gateway.settings.addresses import ListenAddress
from gateway.settings.durations import PositiveDuration
from gateway.settings.mend import Wrong

BACKLOG = 256

Transport = Literal["tcp", "udp"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _network(value: object) -> object:
    try:
        return value if isinstance(value, Network) else ipaddress.ip_network(str(value))
    except ValueError as error:
        raise Wrong(f"{value!r} is no network ({error})", "write one like 192.168.20.0/24 or 192.168.20.7") from error


class ListenSettings(DriverSettings):
    """The settings of the port, flat beside the driver's own keys."""

    listen: Annotated[ListenAddress, Field(description="host:port; 0.0.0.0 is every address of this machine")]
    transport: Annotated[tuple[Transport, ...], Field(min_length=1, description="tcp, udp or both, on one port")] = (
        "tcp",
        "udp",
    )
    allow: Annotated[
        tuple[Annotated[Network, BeforeValidator(_network)], ...],
        Field(description="networks that may connect; none: everyone who reaches the port"),
    ] = ()
    connections: Annotated[
        int, Field(ge=1, le=10_000, description="open at once; one more replaces the one that was silent longest")
    ] = 500
    idle: Annotated[PositiveDuration, Field(description="how long a connection may be silent before it is closed")] = (
        timedelta(minutes=10)
    )


@contextmanager
def bound(settings: ListenSettings) -> Iterator[tuple[socket.socket | None, socket.socket | None]]:
    """The sockets for connections (listening) and for datagrams; None for a transport that the YAML does not name.

    Raises LinkLost that says why a socket can't be bound.
    """
    host, port = settings.listen.host, settings.listen.port
    sockets: dict[Transport, socket.socket] = {}
    try:
        for transport in sorted(
            set(settings.transport)
        ):  # tcp first: with port 0, udp then takes the port that tcp got
            sockets[transport] = _listen(transport, host, port)
            port = sockets[transport].getsockname()[1]
        yield sockets.get("tcp"), sockets.get("udp")
    finally:
        for each in sockets.values():
            each.close()


def bind_socket(transport: Transport, host: str, port: int) -> socket.socket:
    """A bound socket, which does not listen yet: connections are refused. Raises LinkLost that says why it can't be."""
    kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)[0]
        made = socket.socket(family, kind)
    except OSError as error:
        en = f"can't listen on {host}:{port}: {error.strerror or error}"
        raise LinkLost(Words(f"网关不能监听端口{port}，请通知安装员", en)) from error
    try:
        made.setblocking(False)
        if transport == "tcp":
            # Else the port is taken for a minute after a restart, by connections in TIME_WAIT.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(address)
    except OSError as error:
        made.close()
        raise _not_bound(transport, host, port, error) from error
    return made


def _listen(transport: Transport, host: str, port: int) -> socket.socket:
    made = bind_socket(transport, host, port)
    try:
        if transport == "tcp":
            made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise _not_bound(transport, host, port, error) from error
    return made


def _not_bound(transport: Transport, host: str, port: int, error: OSError) -> LinkLost:
    en = f"can't listen on {transport} {host}:{port}: {error.strerror or error}; is another program there?"
    return LinkLost(Words(f"网关不能监听端口{port}，请通知安装员", en))
