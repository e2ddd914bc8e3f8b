"""What the resident agrees to: the wording, and taking it back, without a script."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.web.api.privacy import agree_to, consent_list, withdraw_kind
from gateway.web.api_errors import ApiError
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PATH = "/r/consents"


class ConsentPages:
    """The list of texts; each can be agreed to and taken back."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", _PATH, self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", f"{_PATH}/{{kind}}", self.change, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/consents."""
        found = await consent_list(context, context.resident.person)
        language, zone = self._page.language(context), context.services.compound.timezone
        given = {each.kind: local_time(each.given_at, zone) for each in reversed(found.items) if each.in_force}
        texts = [
            {
                "kind": each.kind.value,
                "name": getattr(each.kind_name, language),
                "text": getattr(each.text, language),
                "version": each.version,
                "agreed": each.agreed,
                "since": given.get(each.kind, ""),
            }
            for each in found.texts
            if each.kind.value != "visitor_photo"  # asked of the visitor, at the visit
        ]
        done = context.request.query.get("done", "")
        return self._page.render(
            context,
            "consents.html",
            room=self._page.room(context),
            texts=texts,
            contact=found.contact,
            done=done if done in {"agreed", "taken_back"} else "",
            error="text_changed" if done == "changed" else "",
        )

    async def change(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/consents/{kind}."""
        form = await self._page.form(context)
        if form.get("do") == "withdraw":
            await withdraw_kind(context, context.resident.person)
            return self._page.redirect(context, _PATH, done="taken_back")
        try:
            await agree_to(context, context.path_param("kind"), form.get("version", ""))
        except ApiError as error:
            if error.status != 409:
                raise
            return self._page.redirect(context, _PATH, done="changed")
        return self._page.redirect(context, _PATH, done="agreed")
