"""The live WebSocket: a snapshot, then numbered changes, and a beat so that silence means a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from aiohttp import WSCloseCode, web

from gateway.auth.audience import audience_of
from gateway.auth.session_check import CLOSE_SESSION_ENDED, session_is_valid
from gateway.model import Alert, AlertState
from gateway.web.hub import Change
from gateway.web.live_feed import LiveFeed
from gateway.web.metrics import WebMetrics
from gateway.web.request_context import RequestContext
from gateway.web.requests import LiveQuery
from gateway.web.routes import ANY_USER, Route
from gateway.web.socket_quota import MAX_SOCKETS, SocketQuota

log = structlog.get_logger(__name__)
BEAT_S = 5.0
_BATCH = 100
_SEND_S = 15.0
"""A screen that takes nothing for this long is gone."""
_ROOM = 100
"""Alerts closed by guards before the next of more than a snapshot holds are sent."""
_MOST_BYTES = 4096


class LiveSocket:
    """Every live socket; `close` ends them all when the gateway stops."""

    def __init__(self, feed: LiveFeed, meters: WebMetrics, most: int = MAX_SOCKETS) -> None:
        self._feed = feed
        self._meters = meters
        self._screens = SocketQuota(most)

    async def serve(self, call: RequestContext[LiveQuery]) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=20, compress=False, max_msg_size=_MOST_BYTES)
        try:
            with self._screens.held(socket, call.me.user):
                self._meters.sockets.set(len(self._screens))
                await socket.prepare(call.request)
                await self._converse(socket, call)
        finally:
            self._meters.sockets.set(len(self._screens))
        return socket

    async def close(self) -> None:
        await self._screens.close()

    def routes(self) -> tuple[Route, ...]:
        does = "WebSocket: a snapshot, then numbered changes; `after` resumes"
        return (Route("GET", "/api/v1/live", self.serve, who=ANY_USER, does=does, takes=LiveQuery, socket=True),)

    async def _converse(self, socket: web.WebSocketResponse, call: RequestContext[LiveQuery]) -> None:
        """Speak until the other side has gone; what it says counts for nothing."""
        async with asyncio.TaskGroup() as tasks:
            speaking = tasks.create_task(self._speak(socket, call))
            async for _ in socket:
                if speaking.done():
                    break
            speaking.cancel()

    async def _speak(self, socket: web.WebSocketResponse, call: RequestContext[LiveQuery]) -> None:
        try:
            await _Speaker(self._feed, self._meters, socket, call).run()
        except (ConnectionError, TimeoutError):
            log.info("a screen is gone", user=call.me.user)
        except Exception:
            log.exception("a live socket broke", user=call.me.user)
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


class _Speaker:
    """One socket's side of the talk: a cursor in the hub's ring."""

    def __init__(
        self, feed: LiveFeed, meters: WebMetrics, socket: web.WebSocketResponse, call: RequestContext[LiveQuery]
    ) -> None:
        self._feed = feed
        self._meters = meters
        self._socket = socket
        self._services = call.services
        self._who = call.me
        self._cursor = call.asked.after
        self._next_beat = 0.0
        self._closed_until_next = 0
        """So many closed alerts more, and the screen gets those that its last snapshot left out; 0: it has all."""

    async def run(self) -> None:
        """Until the session ends; a resumed socket hears a beat at once, to know that it is live."""
        hub, loop = self._services.hub, asyncio.get_running_loop()
        while True:
            changes = None if self._cursor is None else hub.since(self._cursor, _BATCH)
            if changes is None:
                await self._send_snapshot()
            elif changes:
                for text in await self._feed.messages(changes, audience_of(self._who.role)):
                    await self._send(text)
                self._cursor = changes[-1].number
                self._make_room(changes)
            if loop.time() >= self._next_beat:
                if not await session_is_valid(self._services.accounts, self._who):
                    await self._socket.close(code=CLOSE_SESSION_ENDED, message=b"the session has ended")
                    return
                await self._send(self._feed.beat(self._cursor or 0))
                self._next_beat = loop.time() + BEAT_S
            await self._wait()

    async def _wait(self) -> None:
        if self._cursor is None:
            return
        try:
            async with asyncio.timeout_at(self._next_beat):
                await self._services.hub.changed(self._cursor)
        except TimeoutError:
            return

    async def _send_snapshot(self) -> None:
        self._cursor, text, left_out = await self._feed.snapshot(audience_of(self._who.role))
        self._closed_until_next = _ROOM if left_out else 0
        self._meters.snapshots.inc()
        await self._send(text)

    def _make_room(self, changes: Sequence[Change]) -> None:
        """As alerts of a list that was too long are closed, the next ones come with a fresh snapshot."""
        if not self._closed_until_next:
            return
        closed = sum(isinstance(c.subject, Alert) and c.subject.state is AlertState.CLOSED for c in changes)
        self._closed_until_next = max(0, self._closed_until_next - closed)
        if not self._closed_until_next:
            self._cursor = None

    async def _send(self, text: str) -> None:
        async with asyncio.timeout(_SEND_S):
            await self._socket.send_str(text)
