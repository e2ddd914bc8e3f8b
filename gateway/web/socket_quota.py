"""The WebSockets that screens hold open: so many in all, and no user more than half of them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from aiohttp import WSCloseCode, web

from gateway.errors import TooMany
from gateway.limits import Full, Seats

MAX_SOCKETS = 200
_LATER_S = 30.0


def max_sockets(connections: int) -> int:
    """How many of one sort there may be: two sorts leave half of the connections to requests."""
    return max(2, min(MAX_SOCKETS, connections // 4))


class SocketQuota:
    """`close` ends them all when the gateway stops; they come back by themselves."""

    def __init__(self, most: int = MAX_SOCKETS) -> None:
        self._sockets = Seats[web.WebSocketResponse](most, lambda _socket: math.inf, each={"user": max(1, most // 2)})

    def __len__(self) -> int:
        return len(self._sockets)

    @contextmanager
    def held(self, socket: web.WebSocketResponse, user: str) -> Iterator[None]:
        """Raises TooMany: nobody who watches is shut out for one who wants to."""
        try:
            self._sockets.take(socket, user=user)
        except Full as full:
            whose = "of this user " if full.limit == "user" else ""
            raise TooMany(f"too many screens {whose}are open", _LATER_S) from None
        try:
            yield
        finally:
            self._sockets.leave(socket)

    async def close(self) -> None:
        for socket in list(self._sockets):
            await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the gateway stops")
