"""Recordings of alerts. Players read them piece by piece (Range)."""

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
_CACHE_CONTROL = "private, max-age=86400, immutable"
CLIP_VIEWERS = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})
"""Installers maintain cameras and need no recordings of people for that."""


class ClipRoutes:
    """Serves recordings and records who viewed them."""

    def __init__(self, view_audit: ViewAudit) -> None:
        self._view_audit = view_audit

    async def serve(self, context: RequestContext[Any]) -> web.StreamResponse:
        """Handler of GET /api/v1/clips/{id}.mp4."""
        services, clip_id = context.services, context.path_param("id")
        clip = await services.store.read(lambda connection: rows.one(connection, clip_id))
        path = await asyncio.to_thread(services.clip_storage.path, clip.file) if clip else None
        if clip is None or path is None:
            raise not_found(Words("这段录像（可能已过保存期）", "recording (any more)"))
        await self._view_audit.record(context.identity.user, CLIP, clip.id, clip.alert)
        # The hash lets whoever saves the file compare it with the audit log.
        headers = {hdrs.CONTENT_TYPE: MP4, hdrs.CACHE_CONTROL: _CACHE_CONTROL, "X-Content-SHA256": clip.file}
        return StoredFileResponse(path, headers=headers)

    def routes(self) -> tuple[Route, ...]:
        """The recordings' route."""
        summary = "A recording of an alert; supports Range"
        return (
            Route("GET", "/api/v1/clips/{id}.mp4", self.serve, allowed=CLIP_VIEWERS, summary=summary, media_type=MP4),
        )
