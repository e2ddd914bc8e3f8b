"""What is kept of the resident: who looked at it, what they agreed to, and all of it as a file."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gateway.config.residents.privacy import ConsentKind
from gateway.model import Words
from gateway.privacy.consents import KIND_WORDS, GivenConsent
from gateway.web.api.privacy import give_consent, withdraw_consent
from gateway.web.api_errors import ApiError, not_found
from gateway.web.pages.resident.looks import looks_at
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_OFFERED = (ConsentKind.FACE, ConsentKind.CARE)
_CONSENT = Words("这项同意", "consent")


class PrivacyPages:
    """The page, agreeing and withdrawing."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", "/r/privacy", self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", "/r/consents/{kind}", self.answer, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/privacy."""
        done = context.request.query.get("done", "")
        return await self._show(context, done=done if done in {"agreed", "not_agreed"} else "")

    async def answer(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/consents/{kind}. A text that was changed meanwhile is shown again first."""
        form, person, name = await self._page.form(context), context.resident.person, context.path_param("kind")
        if name not in {kind.value for kind in _OFFERED}:
            raise not_found(_CONSENT)
        kind = ConsentKind(name)
        if form.get("answer") != "agree":
            await withdraw_consent(context, person, kind)
            return self._page.redirect(context, "/r/privacy", done="not_agreed")
        if form.get("version") != context.services.privacy.consents.book.wording(kind).version:
            return await self._show(context, error="text_changed", status=409)
        try:
            await give_consent(context, GivenConsent(person, kind, "phone", context.actor))
        except ApiError as error:
            if error.status != 400:
                raise
            return await self._show(context, error="guardian", status=400)
        return self._page.redirect(context, "/r/privacy", done="agreed")

    async def _show(self, context: RequestContext[Any], *, status: int = 200, **said: str) -> web.Response:
        room, zone = self._page.room(context), context.services.compound.timezone
        looks = [
            {
                "at": local_time(step.at, zone),
                "who": step.user,
                "role": str(step.data.get("role", "")),
                "why": step.note,
            }
            for step in await looks_at(context, room)
        ]
        consents = await self._consents(context, zone)
        return self._page.render(
            context, "privacy.html", status=status, room=room, looks=looks, consents=consents, **said
        )

    async def _consents(self, context: RequestContext[Any], zone: str) -> list[dict[str, Any]]:
        consents, language = context.services.privacy.consents, self._page.language(context)
        given = {one.kind: one for one in await consents.of_person(context.resident.person) if one.in_force}
        found = []
        for kind in _OFFERED:
            text, one = consents.book.wording(kind), given.get(kind)
            found.append(
                {
                    "kind": kind.value,
                    "name": KIND_WORDS[kind][language],
                    "text": text.words[language],
                    "version": text.version,
                    "since": local_time(one.given_at, zone) if one is not None else "",
                }
            )
        return found
