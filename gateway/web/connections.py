"""Who is connected to the web: a connection costs a descriptor that a camera or an alarm host may need.

Browsers keep some open to no purpose, and any host can open thousands. So there are so many and no more, half of them
for one address; one that is quiet gives way to a newcomer, one that is being answered or is a WebSocket never.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from gateway.limits import Full, Seats, network
from gateway.links.accept import Listener
from gateway.model import Words

MAX_CONNECTIONS = 1000
"""Connections at once, unless the process may have too few descriptors for so many."""
MAX_UNUSED = 100
"""Of them without a single request; browsers open a few in advance."""
IDLE_TIMEOUT_S = 75.0
"""How long a request's head may take, and a connection be kept between two: longer than the 60 s of nginx before us.

aiohttp counts from the connection or from the last answer, whatever trickles in; while a request is being answered,
and over a WebSocket, it does not count.
"""
TOO_MANY_CONNECTIONS = Words(
    "网页连接太多，请检查网络中是否有异常设备",
    "too many connections: look for a device or program gone wild in the network",
)
IDLE_CLOSED = Words("空闲的网页连接让位给新连接", "a quiet connection gave way to a new one")
NOT_HTTP = Words("请求不是有效的 HTTP", "a request that is no HTTP")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpConnection(web.RequestHandler):
    """One of them. `busy`: a request is being answered; `heard_at` is when the last one was, in the loop's seconds."""

    def __init__(self, server: web.Server, connections: Connections) -> None:
        self._loop_time = asyncio.get_running_loop().time
        no_log: Any = None
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_TIMEOUT_S,
            access_log=no_log,
            auto_decompress=False,  # nobody sends us packed bodies, and a small one can unpack to gigabytes
        )
        self._connections = connections
        self.busy = False
        self.heard_at = self._loop_time()
        self.address = "?"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.address = network(str((transport.get_extra_info("peername") or ("?",))[0]))
        self._connections.arrived(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        self._connections.left(self)
        super().connection_lost(exc)

    def became(self, *, busy: bool) -> None:
        self.busy, self.heard_at = busy, self._loop_time()

    def log_exception(self, *args: Any, **more: Any) -> None:
        """What is no HTTP is counted: whoever sends it must not fill the log with tracebacks."""
        if isinstance(more.get("exc_info"), HttpProcessingError | web.RequestPayloadError):
            self._connections.unreadable(self)
        else:
            super().log_exception(*args, **more)

    def abort(self) -> None:
        self.force_close()


class Connections:
    """Every connection of the web's door."""

    def __init__(self, door: Listener, most: int = MAX_CONNECTIONS) -> None:
        def clock() -> float:
            return asyncio.get_running_loop().time()

        self.most = most
        self._door = door
        self._all = Seats[HttpConnection](most, _evictable_since, clock=clock, each={"address": max(1, most // 2)})
        self._strangers = Seats[HttpConnection](min(MAX_UNUSED, most), lambda each: each.heard_at, clock=clock)

    @web.middleware
    async def note(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A connection that asks is a stranger's no more, and is not closed while it is answered."""
        connection = request.protocol
        if not isinstance(connection, HttpConnection):
            return await handler(request)
        self._strangers.leave(connection)
        connection.became(busy=True)
        try:
            return await handler(request)
        finally:
            connection.became(busy=False)

    def come_to(self, server: web.Server) -> Callable[[], HttpConnection]:
        """What makes the protocol of every connection that comes in."""
        return lambda: HttpConnection(server, self)

    def arrived(self, connection: HttpConnection) -> None:
        try:
            left = self._all.take(connection, address=connection.address)
        except Full:
            self._door.refuse(TOO_MANY_CONNECTIONS, grave=True, address=connection.address)
            connection.abort()
            return
        if left is not None:
            self._show_out(left[0])
        if stranger := self._strangers.take(connection, address=connection.address):
            self._show_out(stranger[0])

    def left(self, connection: HttpConnection) -> None:
        self._all.leave(connection)
        self._strangers.leave(connection)

    def unreadable(self, connection: HttpConnection) -> None:
        self._door.refuse(NOT_HTTP, address=connection.address)

    def _show_out(self, connection: HttpConnection) -> None:
        self._door.refuse(IDLE_CLOSED, address=connection.address)
        connection.abort()


def _evictable_since(connection: HttpConnection) -> float:
    return math.inf if connection.busy else connection.heard_at
