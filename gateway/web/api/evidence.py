"""Evidence: a camera's picture kept by a person, and an alert's recordings as one archive to download."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog
from aiohttp import hdrs, web

from gateway.errors import TooMany
from gateway.model import Alert, DeviceType, Words
from gateway.recording import rows
from gateway.recording.clip import RecordedClip
from gateway.recording.export_archive import archive, listed_bytes, record_export
from gateway.recording.manifest import build_manifest
from gateway.recording.snapshot import KeptSnapshot
from gateway.recording.snapshot_keeper import keep_snapshot
from gateway.store import audit
from gateway.web.api.clips import CLIP_VIEWERS
from gateway.web.api_errors import ApiError, not_allowed, not_found
from gateway.web.desk_requests import SnapshotRequest
from gateway.web.desk_responses import KeptSnapshotList, KeptSnapshotView
from gateway.web.headers import NO_STORE
from gateway.web.request_context import RequestContext
from gateway.web.routes import GUARDS, Route

log = structlog.get_logger(__name__)
ZIP = "application/zip"
MAX_EXPORTS = 2
"""Archives that are sent at once: each reads the disk that recordings are written to."""
_SEND_TIMEOUT_S = 30.0
_RETRY_AFTER_S = 30.0


class EvidenceRoutes:
    """Keeps pictures, and sends archives."""

    def __init__(self) -> None:
        self._exporting: list[str] = []

    async def keep(self, context: RequestContext[SnapshotRequest]) -> KeptSnapshotView:
        """Handler of POST /api/v1/cameras/{id}/snapshots."""
        services, camera = context.services, context.path_param("id")
        status = services.devices().get(camera)
        if status is None or status.device.type is not DeviceType.CAMERA:
            raise not_found(Words("这台摄像机", f"camera {camera}"))
        alert = await _alert_of(context)
        picture = await services.camera_snapshot(camera)
        if picture is None:
            raise ApiError(404, Words("这台摄像机还没有画面", "This camera has no picture yet"), "no_picture")
        kept = await keep_snapshot(
            services.store.media,
            services.act,
            picture,
            camera=camera,
            place=status.device.place,
            user=context.identity.user,
            at=services.now(),
            alert=alert,
        )
        if alert is not None:
            await services.desk.tell_again(alert)
        return _view(kept)

    async def kept(self, context: RequestContext[Any]) -> KeptSnapshotList:
        """Handler of GET /api/v1/alerts/{id}/snapshots."""
        alert = context.path_param("id")
        found = await context.services.store.read(lambda connection: rows.snapshots_of_alert(connection, alert))
        return KeptSnapshotList(items=[_view(each) for each in found])

    async def export(self, context: RequestContext[Any]) -> web.StreamResponse:
        """Handler of GET /api/v1/alerts/{id}/export.zip."""
        services, user = context.services, context.identity.user
        if context.identity.role not in services.compound.desk.export_roles:
            raise not_allowed()
        alert = await _alert(context, context.path_param("id"))
        with self._slot(user):
            await self._record(context, alert)
            at, chain = services.now(), audit.chain_head
            manifest = await services.store.read(lambda connection: build_manifest(connection, alert, user, at, chain))
            name = f"{alert.id}.zip"
            headers: dict[str, str] = {
                hdrs.CONTENT_TYPE: ZIP,
                hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"',
                hdrs.CACHE_CONTROL: NO_STORE,
            }
            return await _send(context.request, headers, archive(services.clip_storage, services.store.media, manifest))

    async def _record(self, context: RequestContext[Any], alert: Alert) -> None:
        """The export is on record before anything of it is sent. Raises ApiError (413), NotRecorded."""
        services = context.services
        clips: list[RecordedClip] = await services.store.read(lambda c: rows.of_alert(c, alert.id))
        before = await services.store.read(
            lambda c: build_manifest(c, alert, context.identity.user, services.now(), audit.chain_head)
        )
        size = await asyncio.to_thread(listed_bytes, services.clip_storage, services.store.media, before)
        limit = services.compound.desk.export_bytes
        if size > limit:
            mb = limit // 1_000_000
            zh, en = f"超过一次导出的上限 {mb} MB，请用命令行导出", f"more than {mb} MB: use `anju clips export`"
            raise ApiError(413, Words(zh, en))
        await record_export(
            services.act, alert, context.identity.user, services.now(), [clip.id for clip in clips], size
        )

    @contextmanager
    def _slot(self, user: str) -> Iterator[None]:
        if user in self._exporting or len(self._exporting) >= MAX_EXPORTS:
            raise TooMany("an export is under way", _RETRY_AFTER_S)
        self._exporting.append(user)
        try:
            yield
        finally:
            self._exporting.remove(user)

    def routes(self) -> tuple[Route, ...]:
        """The routes of evidence."""
        return (
            Route(
                "POST",
                "/api/v1/cameras/{id}/snapshots",
                self.keep,
                allowed=GUARDS,
                summary="Keep a camera's picture as evidence, with its hash and who kept it",
                request_model=SnapshotRequest,
                response_model=KeptSnapshotView,
                status=201,
            ),
            Route(
                "GET",
                "/api/v1/alerts/{id}/snapshots",
                self.kept,
                allowed=CLIP_VIEWERS,
                summary="The pictures that people kept with an alert",
                response_model=KeptSnapshotList,
            ),
            Route(
                "GET",
                "/api/v1/alerts/{id}/export.zip",
                self.export,
                allowed=CLIP_VIEWERS,
                summary="An alert's recordings, pictures and history with their hashes; for those of `evidence.export`",
                media_type=ZIP,
                extra_errors=(413, 429),
            ),
        )


async def _send(request: web.Request, headers: Mapping[str, str], pieces: Iterator[bytes]) -> web.StreamResponse:
    """Send the pieces as they are made. A client that reads nothing for long loses its connection."""
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    if request.method == "HEAD":
        return response
    while (piece := await asyncio.to_thread(next, pieces, None)) is not None:
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await response.write(piece)
        except TimeoutError as error:
            raise ConnectionResetError("the client did not read the archive") from error
    await response.write_eof()
    return response


async def _alert_of(context: RequestContext[SnapshotRequest]) -> Alert | None:
    """The alert that the picture is kept with."""
    wanted = context.params.alert
    if wanted is None and context.params.incident is not None:
        incident = await context.services.desk.incidents.incident(context.params.incident)
        if incident is None:
            raise not_found(Words("这件案情", f"incident {context.params.incident}"))
        wanted = incident.top
    return await _alert(context, wanted) if wanted else None


async def _alert(context: RequestContext[Any], alert_id: str) -> Alert:
    alert = await context.services.desk.alert(alert_id)
    if alert is None:
        raise not_found(Words("这条警情", f"alert {alert_id}"))
    return alert


def _view(kept: KeptSnapshot) -> KeptSnapshotView:
    return KeptSnapshotView(
        id=kept.id,
        camera=kept.camera,
        at=kept.at,
        user=kept.user,
        sha256=kept.picture,
        bytes=kept.size,
        alert=kept.alert,
        url=f"/api/v1/snapshots/{kept.picture}.jpg",
    )
