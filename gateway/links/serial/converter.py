"""An RS-485 or RS-232 line behind a converter to Ethernet in TCP server mode, which passes the bytes unchanged.

A converter that loses power sends nothing, and neither does the line behind it at night. So TCP keep-alive probes the
converter, and the kernel closes the connection when it acknowledges neither probes nor data.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager

from gateway.errors import LinkLost
from gateway.links.serial.line import SerialDescriptor
from gateway.model import Words
from gateway.settings.addresses import Listen

CONNECT_TIMEOUT_S = 5.0
"""How long a converter on the same network may take to answer."""
KEEPALIVE_IDLE_S, KEEPALIVE_INTERVAL_S = 10, 5
"""How long it is silent before the first keep-alive probe, and between probes."""
USER_TIMEOUT_MS = 15_000
"""How long it may leave data or probes unacknowledged (RFC 5482; Linux applies it to both)."""

_CHECK = Words("请检查供电和网线", "check its power and cable, and that nobody else connects to it")
_FIXES = {
    errno.ECONNREFUSED: Words(
        "串口服务器拒绝连接，请通知安装员",
        "refuses: is it in TCP server mode, on this port, and nobody else connected?",
    ),
    errno.EHOSTUNREACH: Words(
        "串口服务器连不上，请检查供电和网线", "can't be reached: check its power, its cable and its address"
    ),
    errno.ENETUNREACH: Words(
        "本机网络不通，请检查网线和交换机", "can't be reached: this machine has no way to that network"
    ),
    errno.ETIMEDOUT: Words(
        "串口服务器无应答，请检查供电和网线", "does not answer: check its power, its cable and its address"
    ),
}


@asynccontextmanager
async def connected(name: str, address: Listen) -> AsyncIterator[SerialDescriptor]:
    """A connection to the converter; raises LinkLost that says what is wrong with it."""
    made = await _connect(name, address)
    with made:
        yield SerialDescriptor(made.fileno(), f"converter {name}", _CHECK)


async def _connect(name: str, to: Listen) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            found = await loop.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
            family, kind, protocol, _, address = found[0]  # a converter has one address
            return await _connect_to(socket.socket(family, kind, protocol), address)
    except TimeoutError:
        why = _FIXES[errno.ETIMEDOUT]
        raise LinkLost(Words(why.zh, f"converter {name} {why}")) from None
    except socket.gaierror as error:
        en = f"converter {name}: nobody knows {to.host!r}: write its IP address"
        raise LinkLost(Words("找不到串口服务器的地址，请通知安装员", en)) from error
    except OSError as error:
        other = Words("串口服务器连不上，请检查供电和网线", f"can't be reached: {error.strerror or error}")
        why = _FIXES.get(error.errno or 0, other)
        raise LinkLost(Words(why.zh, f"converter {name} {why}")) from error


async def _connect_to(made: socket.socket, address: tuple[object, ...]) -> socket.socket:
    with ExitStack() as on_failure:
        on_failure.enter_context(made)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL_S)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
        # Polls are small: Nagle's algorithm would hold each back until the one before is acknowledged.
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(made, address)
        on_failure.pop_all()
    return made
