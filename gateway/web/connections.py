"""Bounds the connections to the HTTP port: each costs a file descriptor that a camera or an alarm panel may need.

Browsers keep idle connections open, and any host can open thousands. Half of the allowed number may come from one
address. When all are in use, the connection that has been idle longest is closed for the new one; a connection whose
request is being answered, or that is a WebSocket, never is.
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
"""Fewer where the process may have too few descriptors for so many."""
MAX_UNUSED = 100
"""Connections that have not sent a request yet. Browsers open a few in advance."""
IDLE_TIMEOUT_S = 75.0
"""How long a request's head may take, and how long a connection is kept between two requests.

Longer than the 60 s of an nginx before us, which then closes first and loses no request. aiohttp counts from the
connection or the last response, whatever trickles in; it does not count during a response or on a WebSocket.
"""
TOO_MANY_CONNECTIONS = Words(
    "网页连接太多，请检查网络中是否有异常设备",
    "too many connections: look for a faulty device or program in the network",
)
IDLE_CLOSED = Words("空闲的网页连接让位给新连接", "an idle connection was closed for a new one")
NOT_HTTP = Words("请求不是有效的 HTTP", "a request that is not HTTP")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class HttpConnection(web.RequestHandler):
    """One connection.

    `busy` while a request is being answered; `last_active` is when the last one began or ended, in loop time (s).
    """

    def __init__(self, server: web.Server, connections: Connections) -> None:
        self._loop_time = asyncio.get_running_loop().time
        no_log: Any = None
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=IDLE_TIMEOUT_S,
            access_log=no_log,
            auto_decompress=False,  # no client of ours compresses, and a small body can unpack to gigabytes
        )
        self._connections = connections
        self.busy = False
        self.last_active = self._loop_time()
        self.address = "?"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asyncio's callback: the connection is accepted."""
        super().connection_made(transport)
        self.address = network(str((transport.get_extra_info("peername") or ("?",))[0]))
        self._connections.opened(self)

    def connection_lost(self, exc: BaseException | None) -> None:
        """Asyncio's callback: the connection is closed."""
        self._connections.closed(self)
        super().connection_lost(exc)

    def set_busy(self, busy: bool) -> None:
        """A request begins (True) or is answered (False)."""
        self.busy, self.last_active = busy, self._loop_time()

    def log_exception(self, *args: Any, **more: Any) -> None:
        """Count what is not HTTP instead of logging it: its sender could fill the log with tracebacks."""
        if isinstance(more.get("exc_info"), HttpProcessingError | web.RequestPayloadError):
            self._connections.unreadable(self)
        else:
            super().log_exception(*args, **more)

    def abort(self) -> None:
        """Close without an answer."""
        self.force_close()


class Connections:
    """All connections to the HTTP port. The listener counts those that are rejected."""

    def __init__(self, listener: Listener, limit: int = MAX_CONNECTIONS) -> None:
        def clock() -> float:
            return asyncio.get_running_loop().time()

        self.limit = limit
        self._listener = listener
        self._all = Seats[HttpConnection](limit, _evictable_since, clock=clock, each={"address": max(1, limit // 2)})
        # Counted apart: idle newcomers must not push out browsers that are in use.
        self._unused = Seats[HttpConnection](min(MAX_UNUSED, limit), lambda each: each.last_active, clock=clock)

    @web.middleware
    async def track(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Middleware: mark the connection as used, and as busy until the request is answered."""
        connection = request.protocol
        if not isinstance(connection, HttpConnection):
            return await handler(request)
        self._unused.leave(connection)
        connection.set_busy(True)
        try:
            return await handler(request)
        finally:
            connection.set_busy(False)

    def protocol_factory(self, server: web.Server) -> Callable[[], HttpConnection]:
        """The factory that asyncio calls for every accepted connection."""
        return lambda: HttpConnection(server, self)

    def opened(self, connection: HttpConnection) -> None:
        """Admit the connection, closing an idle one when there are too many, or reject it."""
        try:
            evicted = self._all.take(connection, address=connection.address)
        except Full:
            self._listener.refuse(TOO_MANY_CONNECTIONS, grave=True, address=connection.address)
            connection.abort()
            return
        if evicted is not None:
            self._close_idle(evicted[0])
        if evicted_unused := self._unused.take(connection, address=connection.address):
            self._close_idle(evicted_unused[0])

    def closed(self, connection: HttpConnection) -> None:
        """The connection is gone."""
        self._all.leave(connection)
        self._unused.leave(connection)

    def unreadable(self, connection: HttpConnection) -> None:
        """The connection sent something that is not HTTP."""
        self._listener.refuse(NOT_HTTP, address=connection.address)

    def _close_idle(self, connection: HttpConnection) -> None:
        self._listener.refuse(IDLE_CLOSED, address=connection.address)
        connection.abort()


def _evictable_since(connection: HttpConnection) -> float:
    return math.inf if connection.busy else connection.last_active
