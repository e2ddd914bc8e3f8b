"""Recordings behind alerts. Players ask for pieces of them (Range), and get them."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import hdrs, web

from gateway.model import Role, Words
from gateway.recording import rows
from gateway.web.api_errors import not_found
from gateway.web.file_response import StoredFileResponse
from gateway.web.request_context import RequestContext
from gateway.web.routes import Route
from gateway.web.view_audit import CLIP, ViewAudit

MP4 = "video/mp4"
_CACHING = "private, max-age=86400, immutable"
CLIP_VIEWERS = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})
"""Installers set cameras right and need no recording of people for it."""


class ClipRoutes:
    def __init__(self, viewings: ViewAudit) -> None:
        self._viewings = viewings

    async def serve(self, call: RequestContext[Any]) -> web.StreamResponse:
        services, clip_id = call.services, call.part("id")
        clip = await services.store.read(lambda connection: rows.one(connection, clip_id))
        path = await asyncio.to_thread(services.shelf.path, clip.file) if clip else None
        if clip is None or path is None:
            raise not_found(Words("这段录像（可能已过保存期）", "recording (any more)"))
        await self._viewings.note(call.me.user, CLIP, clip.id, clip.alert)
        headers = {hdrs.CONTENT_TYPE: MP4, hdrs.CACHE_CONTROL: _CACHING, "X-Content-SHA256": clip.file}
        return StoredFileResponse(path, headers=headers)

    def routes(self) -> tuple[Route, ...]:
        does = "A recording behind an alert; takes Range"
        return (Route("GET", "/api/v1/clips/{id}.mp4", self.serve, who=CLIP_VIEWERS, does=does, raw=MP4),)
