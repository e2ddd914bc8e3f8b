"""What all residents' pages have in common: the room, the language, forms and redirects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from aiohttp import hdrs, web

from gateway.model import Words
from gateway.web.api_errors import not_found
from gateway.web.pages.form import Form, read_form
from gateway.web.pages.renderer import PageRenderer
from gateway.web.pages.resident.texts import texts_in
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext

HOME, SIGN_IN = "/r/", "/r/sign-in"
_LANGUAGES = {"zh", "en"}
_FORM_TIMEOUT_S = 30.0
_NO_ROOM = Words("这套房", "room")


class ResidentPage:
    """Renders pages for the resident who sent the request."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer

    def rooms(self, context: RequestContext[Any]) -> Sequence[str]:
        """The rooms that the resident may act for now."""
        return context.services.residents.directory.rooms(context.resident.person)

    def room(self, context: RequestContext[Any]) -> str:
        """The room that the page is about. Raises ApiError (404) for one that is not the resident's."""
        rooms = self.rooms(context)
        wanted = context.request.query.get("room", "")
        if not rooms or (wanted and wanted not in rooms):
            raise not_found(_NO_ROOM)
        return wanted or rooms[0]

    def language(self, context: RequestContext[Any]) -> str:
        """`?lang=`, or what the browser asks for."""
        wanted = context.request.query.get("lang", "")
        return wanted if wanted in _LANGUAGES else context.language

    async def form(self, context: RequestContext[Any]) -> Mapping[str, str]:
        """The fields of a posted form. Raises an HTTPException for what is none."""
        form: Form = await read_form(
            context.request, file="", max_bytes=0, drain_bytes=64 * 1024, timeout_s=_FORM_TIMEOUT_S
        )
        return form.fields

    def render(
        self, context: RequestContext[Any], template: str, *, status: int = 200, room: str = "", **values: Any
    ) -> web.Response:
        """The page; `room` is empty on those before sign-in."""
        facts, language = context.services.compound, self.language(context)
        rooms = self.rooms(context) if context.optional_resident is not None else ()
        values = {"error": "", "done": "", "is_home": False, **values}
        texts = texts_in(language)
        response = self._renderer.page(
            context,
            f"resident/{template}",
            status=status,
            t=texts,
            language=language,
            compound=facts.name,
            phone=facts.property_phone,
            dial=re.sub(r"[^0-9+,*#]", "", facts.property_phone),
            room=room,
            room_name=facts.place_name(room)[language] if room else "",
            rooms=[{"path": path, "name": facts.place_name(path)[language]} for path in rooms],
            query=self.query(context),
            other=self.query(context, lang="zh" if language == "en" else "en"),
            in_room=lambda path: self.query(context, room=path),
            **values | {"error": texts.get(values["error"], ""), "done": texts.get(values["done"], "")},
        )
        response.headers[hdrs.REFERRER_POLICY] = "same-origin"  # with no-referrer a form's Origin would be null
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    def query(self, context: RequestContext[Any], **changed: str) -> str:
        """`?room=…&lang=…` as far as the request has them, with changes."""
        kept = {name: context.request.query[name] for name in ("room", "lang") if name in context.request.query}
        found = kept | changed
        return f"?{urlencode(found)}" if found else ""

    def redirect(self, context: RequestContext[Any], path: str, **query: str) -> web.Response:
        """To another page, so that a reload does not send the form again."""
        prefix = path_prefix(context.services.compound.public_url)
        return web.Response(status=303, headers={hdrs.LOCATION: f"{prefix}{path}{self.query(context, **query)}"})
