"""A camera's live picture: its own packets as fragmented MP4 over a WebSocket, for Media Source Extensions.

The first message is a JSON text `{"codec", "width", "height"}`. Binary messages follow: an init segment, then media
segments, starting at the newest keyframe. When the camera changes its format, the text and an init segment come again.
`?stream=main` selects the camera's larger stream, which is received only while somebody views it. When there is no
picture (any more), `{"error": {"code", "message"}}` says why, and the socket closes.
"""

from __future__ import annotations

import asyncio
import json

import structlog
from aiohttp import WSCloseCode, web

from gateway.errors import AnjuError, LinkLost, NotFound, Refused
from gateway.model import DeviceType, Words
from gateway.vision.view.broadcast import InitSegment, LiveViewer
from gateway.web.api_errors import not_found
from gateway.web.metrics import WebMetrics
from gateway.web.request_context import RequestContext
from gateway.web.requests import LiveViewQuery
from gateway.web.routes import ANY_USER, Route
from gateway.web.session_watch import close_when_session_ends
from gateway.web.socket_quota import MAX_SOCKETS, SocketQuota
from gateway.web.view_audit import CAMERA, ViewAudit

log = structlog.get_logger(__name__)
_SEND_TIMEOUT_S = 15.0
"""A screen that reads nothing for this long is disconnected."""
_MAX_MESSAGE_BYTES = 4096


class LiveViewRoutes:
    """All WebSockets that show a camera."""

    def __init__(self, view_audit: ViewAudit, metrics: WebMetrics, limit: int = MAX_SOCKETS) -> None:
        self._view_audit = view_audit
        self._metrics = metrics
        self._quota = SocketQuota(limit)

    async def serve(self, context: RequestContext[LiveViewQuery]) -> web.WebSocketResponse:
        """Handler of GET /api/v1/cameras/{id}/live."""
        camera = context.path_param("id")
        status = context.services.devices().get(camera)
        if status is None or status.device.type is not DeviceType.CAMERA:
            raise not_found(Words("这台摄像机", f"camera {camera}"))
        socket = web.WebSocketResponse(heartbeat=20, compress=False, max_msg_size=_MAX_MESSAGE_BYTES)
        try:
            with self._quota.reserve(socket, context.identity.user):
                self._metrics.viewers.set(len(self._quota))
                await self._view(socket, context, camera)
        finally:
            self._metrics.viewers.set(len(self._quota))
        return socket

    async def close(self) -> None:
        """Close all sockets because the gateway stops."""
        await self._quota.close()

    def routes(self) -> tuple[Route, ...]:
        """The live view's route."""
        return (
            Route(
                "GET",
                "/api/v1/cameras/{id}/live",
                self.serve,
                allowed=ANY_USER,
                summary="WebSocket: JSON {codec, width, height} or {error}, then fragmented MP4 from the newest"
                " keyframe on",
                request_model=LiveViewQuery,
                socket=True,
                extra_errors=(429,),
            ),
        )

    async def _view(self, socket: web.WebSocketResponse, context: RequestContext[LiveViewQuery], camera: str) -> None:
        await socket.prepare(context.request)
        # After `prepare`: a refused socket has shown nothing.
        await self._view_audit.record(context.identity.user, CAMERA, camera)
        try:
            await self._run(socket, context, camera)
        finally:
            self._view_audit.extend(context.identity.user, CAMERA, camera)

    async def _run(self, socket: web.WebSocketResponse, context: RequestContext[LiveViewQuery], camera: str) -> None:
        """Send until the page disconnects. What it sends is ignored, but must be read to notice the close."""
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(self._send(socket, context, camera)),
                tasks.create_task(close_when_session_ends(socket, context)),
            ]
            async for _ in socket:
                pass
            for task in running:
                task.cancel()

    async def _send(self, socket: web.WebSocketResponse, context: RequestContext[LiveViewQuery], camera: str) -> None:
        user, stream = context.identity.user, context.params.stream
        try:
            with context.services.open_view(camera, stream == "main") as viewer:
                try:
                    await _send_segments(socket, viewer)
                finally:
                    self._metrics.segments_dropped.inc(viewer.dropped)
        except (ConnectionError, TimeoutError):
            log.info("screen disconnected", user=user, camera=camera)
        except AnjuError as error:
            log.info("live picture not available", user=user, camera=camera, stream=stream, why=str(error))
            await _send_error(socket, error, context.language)
        except Exception:
            log.exception("live view failed", user=user, camera=camera)
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


async def _send_segments(socket: web.WebSocketResponse, viewer: LiveViewer) -> None:
    sent: InitSegment | None = None
    async for part in viewer:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            # Compared by identity: the camera's every new format is a new object.
            if part.init is not sent:
                sent = part.init
                await socket.send_str(json.dumps({"codec": sent.codec, "width": sent.width, "height": sent.height}))
                await socket.send_bytes(sent.data)
            await socket.send_bytes(part.data)


async def _send_error(socket: web.WebSocketResponse, error: AnjuError, language: str) -> None:
    if isinstance(error, NotFound):
        code, words = "no_main", Words("这台摄像机没有主码流", "This camera has no main stream")
    elif isinstance(error, Refused):
        code, words = "codec", Words(f"这台摄像机的编码不能实时播放：{error}", f"Can't be shown live: {error}")
    elif isinstance(error, LinkLost):
        code, words = "no_picture", Words("摄像机没有画面", "The camera sends no picture")
    else:
        code, words = "internal", Words("网关内部出错", "Internal error")
    try:
        async with asyncio.timeout(_SEND_TIMEOUT_S):
            await socket.send_json({"error": {"code": code, "message": words[language]}})
    except (ConnectionError, TimeoutError):
        log.info("screen disconnected")
