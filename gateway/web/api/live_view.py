"""A camera's live picture: its own packets as fragmented MP4 over a WebSocket, for Media Source Extensions.

First a JSON text `{"codec", "width", "height"}`, then binary messages: an init segment, then media segments
from the newest keyframe on. The text and an init segment come again when the camera changes its format.
`?stream=main` shows the camera's larger stream, which is received while somebody watches it.
`{"error": {"code", "message"}}` says why there is no picture (any more), and the socket closes.
"""

from __future__ import annotations

import asyncio
import json

import structlog
from aiohttp import WSCloseCode, web

from gateway.auth.session_check import SESSION_ENDED, session_holds
from gateway.errors import AnjuError, LinkLost, NotFound, Refused
from gateway.model import DeviceType, Words
from gateway.vision.view.broadcast import InitSegment, LiveViewer
from gateway.web.metrics import WebMetrics
from gateway.web.problems import not_found
from gateway.web.request_context import RequestContext
from gateway.web.requests import ViewQuery
from gateway.web.routes import EVERYONE, Route
from gateway.web.socket_quota import MOST, SocketQuota
from gateway.web.view_audit import CAMERA, ViewAudit

log = structlog.get_logger(__name__)
LOOK_S = 5.0
"""How often it is asked whether the session still stands."""
_SEND_S = 15.0
"""A screen that takes nothing for this long is gone."""
_MOST_BYTES = 4096


class LiveView:
    """Every socket that shows a camera; `close` ends them all when the gateway stops."""

    def __init__(self, viewings: ViewAudit, meters: WebMetrics, most: int = MOST) -> None:
        self._viewings = viewings
        self._meters = meters
        self._screens = SocketQuota(most)

    async def serve(self, call: RequestContext[ViewQuery]) -> web.WebSocketResponse:
        camera = call.part("id")
        status = call.services.devices().get(camera)
        if status is None or status.device.type is not DeviceType.CAMERA:
            raise not_found(Words("这台摄像机", f"camera {camera}"))
        socket = web.WebSocketResponse(heartbeat=20, compress=False, max_msg_size=_MOST_BYTES)
        try:
            with self._screens.held(socket, call.me.user):
                self._meters.viewers.set(len(self._screens))
                await self._watch(socket, call, camera)
        finally:
            self._meters.viewers.set(len(self._screens))
        return socket

    async def _watch(self, socket: web.WebSocketResponse, call: RequestContext[ViewQuery], camera: str) -> None:
        await socket.prepare(call.request)
        await self._viewings.note(call.me.user, CAMERA, camera)
        try:
            await self._converse(socket, call, camera)
        finally:
            self._viewings.still(call.me.user, CAMERA, camera)

    async def close(self) -> None:
        await self._screens.close()

    def routes(self) -> tuple[Route, ...]:
        does = "WebSocket: JSON {codec, width, height} or {error}, then fragmented MP4 from the newest keyframe on"
        path, takes = "/api/v1/cameras/{id}/live", ViewQuery
        return (Route("GET", path, self.serve, who=EVERYONE, does=does, takes=takes, socket=True, refuses=(429,)),)

    async def _converse(self, socket: web.WebSocketResponse, call: RequestContext[ViewQuery], camera: str) -> None:
        """Show until the other side has gone; what it says counts for nothing."""
        async with asyncio.TaskGroup() as tasks:
            works = [tasks.create_task(self._show(socket, call, camera)), tasks.create_task(_watch_over(socket, call))]
            async for _ in socket:
                pass
            for work in works:
                work.cancel()

    async def _show(self, socket: web.WebSocketResponse, call: RequestContext[ViewQuery], camera: str) -> None:
        try:
            with call.services.view(camera, call.asked.stream == "main") as viewer:
                try:
                    await _send_parts(socket, viewer)
                finally:
                    self._meters.parts_dropped.inc(viewer.dropped)
        except (ConnectionError, TimeoutError):
            log.info("a screen is gone", user=call.me.user, camera=camera)
        except AnjuError as error:
            log.info("no live picture", user=call.me.user, camera=camera, stream=call.asked.stream, why=str(error))
            await _send_error(socket, error, call.language)
        except Exception:
            log.exception("a live view broke", user=call.me.user, camera=camera)
        await socket.close(code=WSCloseCode.TRY_AGAIN_LATER)


async def _send_parts(socket: web.WebSocketResponse, viewer: LiveViewer) -> None:
    told: InitSegment | None = None
    async for part in viewer:
        async with asyncio.timeout(_SEND_S):
            if part.init is not told:
                told = part.init
                await socket.send_str(json.dumps({"codec": told.codec, "width": told.width, "height": told.height}))
                await socket.send_bytes(told.data)
            await socket.send_bytes(part.data)


async def _send_error(socket: web.WebSocketResponse, error: AnjuError, language: str) -> None:
    if isinstance(error, NotFound):
        code, words = "no_main", Words("这台摄像机没有主码流", "This camera has no main stream")
    elif isinstance(error, Refused):
        code, words = "codec", Words(f"这台摄像机的编码不能实时播放：{error}", f"Can't be shown live: {error}")
    elif isinstance(error, LinkLost):
        code, words = "no_picture", Words("摄像机没有画面", "The camera sends no picture")
    else:
        code, words = "internal", Words("网关内部出错", "Something broke inside")
    try:
        async with asyncio.timeout(_SEND_S):
            await socket.send_json({"error": {"code": code, "message": words[language]}})
    except (ConnectionError, TimeoutError):
        log.info("a screen is gone")


async def _watch_over(socket: web.WebSocketResponse, call: RequestContext[ViewQuery]) -> None:
    """Go dark when the session ends."""
    while True:
        await asyncio.sleep(LOOK_S)
        if not await session_holds(call.services.accounts, call.me):
            await socket.close(code=SESSION_ENDED, message=b"the session has ended")
            return
