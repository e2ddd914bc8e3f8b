"""Still pictures: a camera's newest, and stored snapshots. Every view is recorded in the audit log."""

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
    """Serves pictures and records who viewed them."""

    def __init__(self, view_audit: ViewAudit) -> None:
        self._view_audit = view_audit

    async def camera_snapshot(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /api/v1/cameras/{id}/snapshot.jpg."""
        camera = context.path_param("id")
        status = context.services.devices().get(camera)
        if status is None or status.device.type is not DeviceType.CAMERA:
            raise not_found(Words("这台摄像机", f"camera {camera}"))
        picture = await context.services.camera_snapshot(camera)
        if picture is None:
            words = Words("这台摄像机还没有画面", "This camera has no picture yet")
            raise ApiError(404, words, "no_picture")
        await self._view_audit.record(context.identity.user, CAMERA, camera)
        return web.Response(body=picture, content_type=JPEG, headers={hdrs.CACHE_CONTROL: NO_STORE})

    async def stored_snapshot(self, context: RequestContext[Any]) -> web.StreamResponse:
        """Handler of GET /api/v1/snapshots/{name}.jpg.

        The name is the SHA-256 of the picture, so only those who were shown the name can ask for it.
        """
        name = context.path_param("name")
        path = await asyncio.to_thread(context.services.store.media.path, name)
        if path is None:
            raise not_found(Words("这张图片（可能已过保存期）", "picture (any more)"))
        await self._view_audit.record(context.identity.user, PICTURE, name)
        cache_control = f"private, max-age={_DAY_S}, immutable"
        return StoredFileResponse(path, headers={hdrs.CONTENT_TYPE: JPEG, hdrs.CACHE_CONTROL: cache_control})

    def routes(self) -> tuple[Route, ...]:
        """The pictures' routes."""
        return (
            Route(
                "GET",
                "/api/v1/cameras/{id}/snapshot.jpg",
                self.camera_snapshot,
                allowed=ANY_USER,
                summary="The newest picture of a camera",
                media_type=JPEG,
            ),
            Route(
                "GET",
                "/api/v1/snapshots/{name}.jpg",
                self.stored_snapshot,
                allowed=ANY_USER,
                summary="A stored picture",
                media_type=JPEG,
            ),
        )
