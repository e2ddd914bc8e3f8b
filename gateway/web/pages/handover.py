"""A signed handover on paper: A4, with the audit chain's head as a QR code. The browser prints it or makes a PDF."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import segno
from aiohttp import web
from markupsafe import Markup

from gateway.model import Role, named_data
from gateway.web.api.handovers import find_handover
from gateway.web.pages.handover_texts import TEXTS
from gateway.web.pages.renderer import PageRenderer
from gateway.web.request_context import RequestContext
from gateway.web.routes import Route
from gateway.web.view_audit import HANDOVER, ViewAudit

_READERS = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})


class HandoverPages:
    """One page for each signed handover."""

    def __init__(self, renderer: PageRenderer, view_audit: ViewAudit) -> None:
        self._renderer = renderer
        self._view_audit = view_audit

    def routes(self) -> tuple[Route, ...]:
        """The route of the printed page."""
        path = "/handovers/{id}/print"
        return (Route("GET", path, self.show, allowed=_READERS, page=True),)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /handovers/{number}/print."""
        handover, compound = await find_handover(context), context.services.compound
        await self._view_audit.record(context.identity.user, HANDOVER, str(handover.number))
        zone, language = ZoneInfo(compound.timezone), context.request.query.get("lang", context.language)

        def local(text: str | datetime | None) -> str:
            if text is None:
                return "—"
            at = datetime.fromisoformat(text) if isinstance(text, str) else text
            return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"

        return self._renderer.page(
            context,
            "handover.html",
            t=TEXTS["en" if language == "en" else "zh"],
            language="en" if language == "en" else "zh",
            compound=compound.name,
            handover=handover,
            report=named_data(handover.report, context.services.name_of),
            local=local,
            code=_code(f"anju:handover:{handover.number}:{handover.head}"),
        )


def _code(text: str) -> Markup:
    """The QR code as inline SVG; its size is the style sheet's."""
    svg = segno.make_qr(text, error="m").svg_inline(border=4, omitsize=True, svgclass="code", lineclass=None)
    return Markup(svg)  # noqa: S704  # segno's own drawing
