"""Who has connected and not asked for anything yet. Opening a connection costs nothing, and it must not cost us much:
each takes a descriptor that a camera or an alarm host may need.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from aiohttp import web

from gateway.limits import network

MOST = 100
"""Connections without a single request, in all; browsers open a few in advance."""
QUIET_S = 75.0
"""How long a request's head may take, and a connection be kept between two: longer than the 60 s of nginx before us.

aiohttp counts from the connection or from the last answer, whatever trickles in; while a request is being answered,
and over a WebSocket, it does not count.
"""


class Strangers:
    def __init__(self) -> None:
        self._known: set[web.RequestHandler] = set()

    @web.middleware
    async def note(
        self, request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """A connection that asks is a stranger's no more."""
        self._known.add(request.protocol)
        return await handler(request)

    def come_to(self, server: web.Server) -> Callable[[], web.RequestHandler]:
        """What makes the protocol of every connection that comes in."""

        def come_in() -> web.RequestHandler:
            self._make_room(server)
            return server()

        return come_in

    def _make_room(self, server: web.Server) -> None:
        """The oldest goes, of the address that has most of them: one host must not keep the others out."""
        connections = [each for each in server.connections if each.connected]
        self._known.intersection_update(connections)
        strangers = [each for each in connections if each not in self._known]
        if len(strangers) >= MOST:
            held = Counter(map(_host, strangers))
            min(strangers, key=lambda each: -held[_host(each)]).force_close()


def _host(connection: web.RequestHandler) -> str:
    return network(str((connection.peername or ("?",))[0]))
