"""Bounds the WebSockets that screens hold open: a total, and half of it per user."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import WSCloseCode, web

from gateway.errors import TooMany
from gateway.limits import Full, Seats

MAX_SOCKETS = 200
_RETRY_AFTER_S = 30.0


def max_sockets(connections: int) -> int:
    """The quota for one kind of WebSocket. There are two kinds; together they leave half of the connections free."""
    return max(2, min(MAX_SOCKETS, connections // 4))


class SocketQuota:
    """The open WebSockets of one kind."""

    def __init__(self, limit: int = MAX_SOCKETS) -> None:
        # An open socket never gives way to a new one: a guard who watches must not lose the picture.
        self._sockets = Seats[web.WebSocketResponse](limit, lambda _: math.inf, each={"user": max(1, limit // 2)})

    def __len__(self) -> int:
        return len(self._sockets)

    @contextmanager
    def reserve(self, socket: web.WebSocketResponse, user: str) -> Iterator[None]:
        """Count the socket while the body runs. Raises TooMany."""
        try:
            self._sockets.take(socket, user=user)
        except Full as full:
            whose = "of this user " if full.limit == "user" else ""
            raise TooMany(f"too many screens {whose}are open", _RETRY_AFTER_S) from None
        try:
            yield
        finally:
            self._sockets.leave(socket)

    async def close(self) -> None:
        """Close all sockets because the gateway stops; pages reconnect by themselves."""
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops")
