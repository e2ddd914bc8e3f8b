"""The visitor's page: a QR code that changes every half minute, when and where it opens doors, and whom to call.

The page gets the key of its own pass and makes the codes by itself, with or without a network. Without a script it
shows the code of the moment. It names no resident, and the room only when the host has chosen so.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import segno
from aiohttp import hdrs, web

from gateway.errors import TooMany
from gateway.limits import RateLimit, Refusal, network
from gateway.model import Words
from gateway.passes.codes import code_text, pass_key, window_at
from gateway.passes.stored import StoredPass
from gateway.store.vault import VaultError
from gateway.web.pages.pass_texts import script_texts, texts_in
from gateway.web.pages.renderer import PageRenderer
from gateway.web.public_url import path_prefix
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

_LANGUAGES = {"zh", "en"}
_ASSETS = ("plate.css", "pass.css", "pass_code.js", "pass_qr.js", "pass.js", "mark.svg")
_ENDED = {"revoked", "over", "used_up"}
GUESSED = Refusal("http", Words("访客页地址不存在", "a visitor's page that does not exist was asked for"))
_BORDER = 4


class VisitorPages:
    """Serves the page, its state and its service worker. Wrong tokens are counted by address, and on record."""

    def __init__(self, renderer: PageRenderer) -> None:
        self._renderer = renderer
        self._wrong = RateLimit(20, timedelta(minutes=10))

    def routes(self) -> tuple[Route, ...]:
        """The fixed address first: a token is anything else."""
        return (
            Route("GET", "/v/sw.js", self.worker, allowed=PUBLIC, page=True),
            Route("GET", "/v/{token}", self.show, allowed=PUBLIC, page=True),
            Route("GET", "/v/{token}/state", self.state, allowed=PUBLIC, page=True),
        )

    async def worker(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /v/sw.js. What the phone keeps has its content's hash in its address."""
        root = f"{path_prefix(context.services.compound.public_url)}/"
        assets = [root + self._renderer.address(name) for name in _ASSETS]
        text = self._renderer.text("pass_worker.js", cache="anju-pass", assets=assets)
        headers = {hdrs.CONTENT_TYPE: "text/javascript; charset=utf-8", hdrs.CACHE_CONTROL: "no-cache"}
        return web.Response(text=text, headers=headers)

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /v/{token}: 410 with the reason for a pass that holds no more."""
        try:
            one = await self._find(context)
        except TooMany as error:
            headers: dict[str, str] = {hdrs.RETRY_AFTER: str(round(error.retry_after) + 1)}
            return self._gone(context, 429, headers)
        if one is None:
            return self._gone(context, 404, {})
        now = context.services.now()
        state = one.state(now)
        response = self._renderer.page(
            context,
            "pass.html",
            status=410 if state in _ENDED else 200,
            **self._facts(context),
            **_pass_facts(one, context, _language(context)),
            **(_NO_KEY if state in _ENDED else _key_facts(one, context, now)),
            notice="" if state == "open" else script_texts(_language(context))[state],
        )
        response.headers["X-Robots-Tag"] = "noindex"
        return response

    async def state(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /v/{token}/state: whether the pass holds, and the gateway's time in milliseconds."""
        one = await self._find(context)
        if one is None:
            return web.json_response({"state": "gone"}, status=404)
        now = context.services.now()
        answer = {"state": one.state(now), "used": one.its.used, "uses": one.its.uses, "now": _ms(now)}
        return web.json_response(answer)

    async def _find(self, context: RequestContext[Any]) -> StoredPass | None:
        """The token's pass. Raises TooMany after many wrong ones from one address."""
        address = network(context.address)
        if (wait := self._wrong.wait_for(address)) > 0:
            raise TooMany("too many attempts", wait)
        one = await context.services.passes.of_token(context.path_param("token"))
        if one is None:
            self._wrong.count(address)
            context.services.refusals.note(GUESSED, address=address)
        return one

    def _gone(self, context: RequestContext[Any], status: int, headers: dict[str, str]) -> web.Response:
        response = self._renderer.page(context, "pass_gone.html", status=status, **self._facts(context))
        response.headers.update({**headers, "X-Robots-Tag": "noindex"})
        return response

    def _facts(self, context: RequestContext[Any]) -> dict[str, Any]:
        compound, language = context.services.compound, _language(context)
        phone = compound.property_phone
        return {
            "texts": texts_in(language),
            "language": language,
            "compound": compound.name,
            "address": "",
            "phone": phone,
            "dial": re.sub(r"[^0-9+,*#]", "", phone),
        }


_NO_KEY = {"key": "", "code": "", "modules": ""}


def _language(context: RequestContext[Any]) -> str:
    requested = context.request.query.get("lang", "")
    return requested if requested in _LANGUAGES else context.language


def _pass_facts(one: StoredPass, context: RequestContext[Any], language: str) -> dict[str, Any]:
    services, its = context.services, one.its
    texts, compound = texts_in(language), services.compound
    zone = ZoneInfo(compound.timezone)
    kind = services.passes.settings.all_kinds.get(its.kind)
    place = its.place if one.shows_room else its.place.rpartition("/")[0]
    left = None if its.uses is None else max(0, its.uses - its.used)
    return {
        "id": its.id,
        "name": its.name,
        "kind": services.passes.settings.words_of(its.kind)[language],
        "from": f"{its.since.astimezone(zone):%Y-%m-%d %H:%M}",
        "to": _end(its.since.astimezone(zone), its.until.astimezone(zone)),
        "hours": texts["hours"].format(hours=kind.hours) if kind and kind.hours else "",
        "where": compound.place_name(place)[language] if place in compound.places else "",
        "doors": [compound.devices[door].name for door in sorted(its.doors) if door in compound.devices],
        "plate": its.plate,
        "uses": "" if left is None else texts["js_uses"].format(left=left, uses=its.uses),
    }


def _key_facts(one: StoredPass, context: RequestContext[Any], now: datetime) -> dict[str, Any]:
    """What the page makes its codes of, and the code of the moment. Nothing when the gateway's key is unusable."""
    its = one.its
    try:
        key = context.services.passes.key
    except VaultError:
        return dict(_NO_KEY)
    code = code_text(key, its.id, window_at(now)) if one.state(now) == "open" else ""
    return {
        "key": pass_key(key, its.id).hex(),
        "token": one.token,
        "code": code,
        "modules": _modules(code) if code else "",
        "now": _ms(now),
        "since": _ms(its.since),
        "until": _ms(its.until),
        "timezone": context.services.compound.timezone,
        "script_texts": script_texts(_language(context)),
    }


def _modules(code: str) -> str:
    rows = segno.make_qr(code, version=2, error="q", boost_error=False).matrix
    return "".join(
        f"M{x + _BORDER} {y + _BORDER}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark
    )


def _end(since: datetime, until: datetime) -> str:
    """Without the date when it is the day of the beginning."""
    return f"{until:%H:%M}" if since.date() == until.date() else f"{until:%Y-%m-%d %H:%M}"


def _ms(time: datetime) -> int:
    return int(time.timestamp() * 1000)
