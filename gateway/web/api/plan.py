"""The plan (电子地图): drawings, positions of devices and places, and an installer's changes of positions."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from typing import Any

from aiohttp import hdrs, web

from gateway.model import Words
from gateway.plan import DrawingImage, PlanDrawing, SitePlan, svg
from gateway.plan.edit import PlanEdit
from gateway.web.api_errors import ApiError, not_found
from gateway.web.headers import IMMUTABLE_PRIVATE
from gateway.web.plan_messages import (
    DevicePositionView,
    DrawingQuery,
    DrawingView,
    PlacePositionList,
    PlacePositionView,
    PlanChangeRequest,
    PlanChangeView,
    PlanView,
    keys_of,
)
from gateway.web.request_context import RequestContext
from gateway.web.routes import ANY_USER, KIB, TECHNICIANS, Route
from gateway.web.serializers import words_view

SVG = "image/svg+xml"
_DRAWING_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
"""A drawing opened by itself may draw, and nothing else: no scripts, no forms, no requests, an origin of its own."""


async def show_plan(context: RequestContext[Any]) -> PlanView:
    """Handler of GET /api/v1/plan."""
    editor = context.services.plan
    version, plan = await editor.version(), await editor.current()
    # Rooms are read with their building's drawing: a compound may have ten thousand.
    shown = [drawing for drawing in plan.drawings.values() if not _has_rooms(drawing)]
    return PlanView(
        version=version,
        drawings=[_drawing_view(drawing) for drawing in plan.drawings.values()],
        devices=list(_devices(plan)),
        places=[view for drawing in shown for view in _places(drawing, context)],
    )


async def list_places(context: RequestContext[Any]) -> PlacePositionList:
    """Handler of GET /api/v1/plan/drawings/{id}/places."""
    return PlacePositionList(items=list(_places(await _drawing(context), context)))


async def show_drawing(context: RequestContext[DrawingQuery]) -> web.Response:
    """Handler of GET /api/v1/plan/drawings/{id}/image."""
    drawing = await _drawing(context)
    headers = {"Content-Security-Policy": _DRAWING_POLICY}
    if drawing.image is None:
        body = await asyncio.to_thread(svg, drawing, context.params.language or context.language)
        return web.Response(text=body, content_type=SVG, headers=headers)
    content = await asyncio.to_thread(_content, drawing.image)
    if context.params.v == drawing.image.sha256:
        headers[hdrs.CACHE_CONTROL] = IMMUTABLE_PRIVATE
    return web.Response(body=content, content_type=drawing.image.media_type, headers=headers)


async def change_plan(context: RequestContext[PlanChangeRequest]) -> PlanChangeView:
    """Handler of PUT /api/v1/plan."""
    body = context.params
    edit = PlanEdit(
        {device: keys_of(position) if position else None for device, position in body.devices.items()}, body.version
    )
    if unknown := sorted(body.devices.keys() - context.services.compound.devices.keys()):
        raise not_found(Words(f"设备 {unknown[0]}", f"device {unknown[0]}"))
    change = await context.services.plan.change(edit, context.identity.user, dry_run=body.dry_run)
    return PlanChangeView(difference=change.difference, version=change.version, applied=change.applied)


async def _drawing(context: RequestContext[Any]) -> PlanDrawing:
    name = context.path_param("id")
    drawing = (await context.services.plan.current()).drawings.get(name)
    if drawing is None:
        raise not_found(Words("这张图", f"drawing {name}"))
    return drawing


def _content(image: DrawingImage) -> bytes:
    """The file's bytes, if they are still those that were checked."""
    try:
        content = image.path.read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != image.sha256:
        words = Words("图纸文件已更换，请运行 anju reload", "The drawing's file has changed: run `anju reload`")
        raise ApiError(409, words, "drawing_changed")
    return content


def _has_rooms(drawing: PlanDrawing) -> bool:
    return drawing.image is None and drawing.place != ""


def _drawing_view(drawing: PlanDrawing) -> DrawingView:
    image = drawing.image
    query = f"?v={image.sha256}" if image else ""
    return DrawingView(
        id=drawing.id,
        name=words_view(drawing.name),
        place=drawing.place,
        parent=drawing.parent,
        width=drawing.width,
        height=drawing.height,
        kind="made" if image is None else "svg" if image.media_type == SVG else "picture",
        url=f"/api/v1/plan/drawings/{drawing.id.replace('/', '%2F')}/image{query}",
    )


def _devices(plan: SitePlan) -> Iterator[DevicePositionView]:
    for device, point in plan.devices.items():
        yield DevicePositionView(
            device=device,
            drawing=point.drawing,
            x=point.x,
            y=point.y,
            direction=point.direction,
            view=point.view,
            range=point.range,
            listed=point.listed,
        )


def _places(drawing: PlanDrawing, context: RequestContext[Any]) -> Iterator[PlacePositionView]:
    compound = context.services.compound
    for place, anchor in drawing.anchors.items():
        (x, y), name = anchor.at, words_view(compound.place_name(place))
        yield PlacePositionView(place=place, name=name, drawing=drawing.id, x=x, y=y, outline=anchor.outline)


ROUTES = (
    Route(
        "GET",
        "/api/v1/plan",
        show_plan,
        allowed=ANY_USER,
        summary="The plan: its drawings, and where devices and places are on them",
        response_model=PlanView,
    ),
    Route(
        "GET",
        "/api/v1/plan/drawings/{id}/places",
        list_places,
        allowed=ANY_USER,
        summary="Where places are on one drawing, the rooms of a building included",
        response_model=PlacePositionList,
    ),
    Route(
        "GET",
        "/api/v1/plan/drawings/{id}/image",
        show_drawing,
        allowed=ANY_USER,
        summary="A drawing's picture",
        request_model=DrawingQuery,
        media_type=SVG,
    ),
    Route(
        "PUT",
        "/api/v1/plan",
        change_plan,
        allowed=TECHNICIANS,
        summary="Change positions of devices in plan.yaml; `dry_run` only shows the difference",
        request_model=PlanChangeRequest,
        response_model=PlanChangeView,
        max_body_bytes=512 * KIB,
        body_timeout_s=30,
        extra_errors=(409,),
    ),
)
