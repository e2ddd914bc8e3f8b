"""Single pictures: a camera's newest, and those that were kept. Who looked is on record, once for each viewing."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web

from gateway.model import DeviceType, Words
from gateway.web.api_errors import ApiError, not_found
from gateway.web.file_response import StoredFileResponse
from gateway.web.headers import NO_STORE
from gateway.web.request_context import RequestContext
from gateway.web.routes import ANY_USER, Route
from gateway.web.view_audit import CAMERA, PICTURE, ViewAudit

JPEG = "image/jpeg"
_DAY_S = 86_400


class PictureRoutes:
    def __init__(self, viewings: ViewAudit) -> None:
        self._viewings = viewings

    async def of_camera(self, call: RequestContext[Any]) -> web.Response:
        camera = call.part("id")
        status = call.services.devices().get(camera)
        if status is None or status.device.type is not DeviceType.CAMERA:
            raise not_found(Words("这台摄像机", f"camera {camera}"))
        picture = await call.services.picture(camera)
        if picture is None:
            words = Words("这台摄像机还没有画面", "This camera has no picture yet")
            raise ApiError(404, words, "no_picture")
        await self._viewings.note(call.me.user, CAMERA, camera)
        return web.Response(body=picture, content_type=JPEG, headers={hdrs.CACHE_CONTROL: NO_STORE})

    async def kept(self, call: RequestContext[Any]) -> web.StreamResponse:
        """Named by the hash of its bytes: only those who were shown the name can ask for it."""
        name = call.part("name")
        path = await asyncio.to_thread(call.services.store.media.path, name)
        if path is None:
            raise not_found(Words("这张图片（可能已过保存期）", "picture (any more)"))
        await self._viewings.note(call.me.user, PICTURE, name)
        caching = f"private, max-age={_DAY_S}, immutable"
        return StoredFileResponse(path, headers={hdrs.CONTENT_TYPE: JPEG, hdrs.CACHE_CONTROL: caching})

    def routes(self) -> tuple[Route, ...]:
        newest, kept = "The newest picture of a camera", "A picture that was kept"
        return (
            Route("GET", "/api/v1/cameras/{id}/snapshot.jpg", self.of_camera, who=ANY_USER, does=newest, raw=JPEG),
            Route("GET", "/api/v1/snapshots/{name}.jpg", self.kept, who=ANY_USER, does=kept, raw=JPEG),
        )
