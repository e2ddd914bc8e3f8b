"""The live WebSocket: a snapshot, then numbered changes, and a beat, so that silence means a fault."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from aiohttp import WSCloseCode, web

from gateway.auth.audience import audience_of
from gateway.auth.session_check import CLOSE_SESSION_ENDED, session_is_valid
from gateway.model import Alert, AlertState
from gateway.web.hub import Change
from gateway.web.live_rendering import LiveMessages, LiveView
from gateway.web.metrics import WebMetrics
from gateway.web.request_context import RequestContext
from gateway.web.requests import LiveQuery
from gateway.web.routes import ANY_USER, Route
from gateway.web.socket_quota import MAX_SOCKETS, SocketQuota

log = structlog.get_logger(__name__)
BEAT_S = 5.0
_BATCH = 100
_SEND_TIMEOUT_S = 15.0
"""A screen that reads nothing for this long is disconnected."""
_CLOSED_PER_SNAPSHOT = 100
"""While alerts are left out: how many must be closed before a fresh snapshot shows the next ones."""
_MAX_MESSAGE_BYTES = 4096


class LiveSocket:
    """All live sockets."""

    def __init__(self, messages: LiveMessages, metrics: WebMetrics, limit: int = MAX_SOCKETS) -> None:
        self._messages = messages
        self._metrics = metrics
        self._quota = SocketQuota(limit)

    async def serve(self, context: RequestContext[LiveQuery]) -> web.WebSocketResponse:
        """Handler of GET /api/v1/live."""
        # No compression: it would take memory and time for each socket, while messages are rendered once for all.
        socket = web.WebSocketResponse(heartbeat=20, compress=False, max_msg_size=_MAX_MESSAGE_BYTES)
        try:
            with self._quota.reserve(socket, context.identity.user):
                self._metrics.sockets.set(len(self._quota))
                await socket.prepare(context.request)
                await self._run(socket, context)
        finally:
            self._metrics.sockets.set(len(self._quota))
        return socket

    async def close(self) -> None:
        """Close all sockets because the gateway stops."""
        await self._quota.close()

    def routes(self) -> tuple[Route, ...]:
        """The live WebSocket's route."""
        summary = "WebSocket: a snapshot, then numbered changes; `after` resumes"
        return (
            Route(
                "GET",
                "/api/v1/live",
                self.serve,
                allowed=ANY_USER,
                summary=summary,
                request_model=LiveQuery,
                socket=True,
            ),
        )

    async def _run(self, socket: web.WebSocketResponse, context: RequestContext[LiveQuery]) -> None:
        """Send until the page disconnects. What it sends is ignored, but must be read to notice the close."""
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(self._send(socket, context))
            async for _ in socket:
                if sending.done():
                    break
            sending.cancel()

    async def _send(self, socket: web.WebSocketResponse, context: RequestContext[LiveQuery]) -> None:
        try:
            await _LiveSender(self._messages, self._metrics, socket, context).run()
        except (ConnectionError, TimeoutError):
            log.info("screen disconnected", user=context.identity.user)
        except Exception:
            # One screen's failure must not end the task group of its request with a traceback of groups.
            log.exception("live socket failed", user=context.identity.user)
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


class _LiveSender:
    """Sends to one socket; `_cursor` is the number of the last change sent, None before the first snapshot."""

    def __init__(
        self,
        messages: LiveMessages,
        metrics: WebMetrics,
        socket: web.WebSocketResponse,
        context: RequestContext[LiveQuery],
    ) -> None:
        self._messages = messages
        self._metrics = metrics
        self._socket = socket
        self._services = context.services
        self._identity = context.identity
        self._view = LiveView(audience_of(context.identity.role), context.params.view == "brief")
        self._cursor = context.params.after
        self._next_beat = 0.0
        self._closed_until_snapshot = 0
        """How many alerts must still be closed before the next snapshot; 0: the last one left none out."""

    async def run(self) -> None:
        """Runs until the session ends. A resumed socket gets a beat at once, so that its page knows it is live."""
        hub, loop = self._services.hub, asyncio.get_running_loop()
        while True:
            changes = None if self._cursor is None else hub.since(self._cursor, _BATCH)
            if changes is None:
                await self._send_snapshot()
            elif changes:
                # Sent one by one: a slow screen falls behind here, in the ring, and costs no memory.
                for text in await self._messages.messages(changes, self._view):
                    await self._send(text)
                self._cursor = changes[-1].number
                self._count_closed(changes)
            if loop.time() >= self._next_beat:
                if not await session_is_valid(self._services.accounts, self._identity):
                    await self._socket.close(code=CLOSE_SESSION_ENDED, message=b"the session has ended")
                    return
                await self._send(self._messages.beat(self._cursor or 0))
                self._next_beat = loop.time() + BEAT_S
            await self._wait()

    async def _wait(self) -> None:
        """Until there is a change or the next beat is due."""
        if self._cursor is None:
            return
        try:
            async with asyncio.timeout_at(self._next_beat):
                await self._services.hub.changed(self._cursor)
        except TimeoutError:
            return

    async def _send_snapshot(self) -> None:
        self._cursor, text, left_out = await self._messages.snapshot(self._view)
        # A brief view turns the pages of the incidents by itself.
        self._closed_until_snapshot = _CLOSED_PER_SNAPSHOT if left_out and not self._view.brief else 0
        self._metrics.snapshots.inc()
        await self._send(text)

    def _count_closed(self, changes: Sequence[Change]) -> None:
        """Ask for a fresh snapshot once guards have closed enough of the alerts shown."""
        if not self._closed_until_snapshot:
            return
        closed = sum(isinstance(c.subject, Alert) and c.subject.state is AlertState.CLOSED for c in changes)
        self._closed_until_snapshot = max(0, self._closed_until_snapshot - closed)
        if not self._closed_until_snapshot:
            self._cursor = None

    async def _send(self, text: str) -> None:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await self._socket.send_str(text)
