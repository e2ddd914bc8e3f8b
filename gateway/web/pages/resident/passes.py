"""Visitors' passes of the household: the list, making one, and revoking one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web

from gateway.access.holder import of_resident
from gateway.errors import Conflict, NotFound, NotRecorded, TooMany
from gateway.limits import RateLimit
from gateway.model import Words
from gateway.passes.draft import PassDraft, PassInvalid, doors_to
from gateway.passes.stored import StoredPass
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.store.vault import VaultError
from gateway.web.api_errors import not_found
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.pass_views import page_url
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PATH = "/r/passes"
_PASS = Words("这张通行证", "pass")
_SHOWN = 30
MAX_NAME = 60
_FIELDS = ("name", "kind", "from", "until", "plate", "uses")
_ENDED = frozenset({"over", "used_up", "revoked"})
_WRONG = {"until": "pass_until", "from": "pass_from", "uses": "pass_uses"}
Fields = Mapping[str, str]


class _Invalid(Exception):
    """`text` is the name of the text that says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class PassPages:
    """Who makes many in a short time has to wait."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page
        self._made = RateLimit(20, timedelta(hours=1))

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", _PATH, self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", _PATH, self.make, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", f"{_PATH}/{{id}}", self.revoke, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/passes."""
        done = context.request.query.get("done", "")
        return await self._show(context, done=done if done in {"pass_made", "pass_revoked"} else "")

    async def make(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/passes."""
        room, form, services = self._page.room(context), await self._page.form(context), context.services
        person, compound = context.resident.person, services.compound
        try:
            draft = _draft(form, room, person, ZoneInfo(compound.timezone))
            self._made.take(person)
            made = await services.passes.create(draft, context.actor, doors_to(room, compound.devices, compound.places))
        except _Invalid as error:
            return await self._show(context, form, error=error.text, status=400)
        except PassInvalid as error:
            language = self._page.language(context)
            known = _WRONG.get(error.field, "broken_form")
            return await self._show(context, form, error=known, status=400, why=error.words[language])
        except Conflict:
            return await self._show(context, form, error="too_many_passes", status=409)
        except TooMany:
            return await self._show(context, form, error="too_many", status=429)
        except (NotRecorded, VaultError):
            return await self._show(context, form, error="not_kept", status=503)
        return self._page.redirect(context, _PATH, done="pass_made", made=made.its.id)

    async def revoke(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/passes/{id}: 404 for another household's."""
        passes, now = context.services.passes, context.services.now()
        one = await passes.one(context.path_param("id"))
        if one is None or one.its.place not in self._page.rooms(context) or not _is_theirs(context, one, now):
            raise not_found(_PASS)
        try:
            await passes.revoke(one.its.id, context.actor)
        except NotFound as error:
            raise not_found(_PASS) from error
        return self._page.redirect(context, _PATH, done="pass_revoked")

    async def _show(
        self, context: RequestContext[Any], form: Fields | None = None, *, status: int = 200, why: str = "", **said: str
    ) -> web.Response:
        room, services, now = self._page.room(context), context.services, context.services.now()
        found = (await services.passes.listed([room], "", None, _SHOWN)).items
        passes = [self._view(context, one, now) for one in found if _is_theirs(context, one, now)]
        made = context.request.query.get("made", "")
        zone, kinds = services.compound.timezone, services.passes.settings.all_kinds
        language = self._page.language(context)
        usual = next(iter(kinds.values())).usual if kinds else timedelta(hours=8)
        return self._page.render(
            context,
            "passes.html",
            status=status,
            room=room,
            open_passes=[each for each in passes if each["state"] not in _ENDED],
            ended=[each for each in passes if each["state"] in _ENDED],
            made=next((each for each in passes if each["id"] == made), None),
            kinds={name: services.passes.settings.words_of(name)[language] for name in kinds},
            begin=local_time(now, zone).replace(" ", "T"),
            end=local_time(now + usual, zone).replace(" ", "T"),
            form={field: (form or {}).get(field, "")[:MAX_NAME] for field in _FIELDS},
            why=why,
            **said,
        )

    def _view(self, context: RequestContext[Any], one: StoredPass, now: datetime) -> dict[str, Any]:
        services, zone = context.services, context.services.compound.timezone
        return {
            "id": one.its.id,
            "name": one.its.name,
            "plate": one.its.plate,
            "kind": services.passes.settings.words_of(one.its.kind)[self._page.language(context)],
            "since": local_time(one.its.since, zone),
            "until": local_time(one.its.until, zone),
            "state": one.state(now),
            "used": one.its.used,
            "uses": one.its.uses,
            "url": page_url(one, services),
        }


def _is_theirs(context: RequestContext[Any], one: StoredPass, now: datetime) -> bool:
    """Whether the pass is of the present household: not of those who lived there before."""
    register, its = context.services.register.snapshot, one.its
    if not of_resident(its, register):  # made at the counter: whoever lives there knows of it while it is in force
        return its.revoked_at is None and its.until > now
    return its.place in register.rooms_of(its.host, now)


def _draft(form: Fields, room: str, person: str, zone: ZoneInfo) -> PassDraft:
    name = " ".join("".join(each if each.isprintable() else " " for each in form.get("name", "")).split())
    if not name or len(name) > MAX_NAME:
        raise _Invalid("no_name")
    plate = normalized_plate(form.get("plate", ""))
    if plate and not is_plate(plate):
        raise _Invalid("no_plate")
    uses = form.get("uses", "").strip()
    if uses and not (uses.isdecimal() and len(uses) <= 5 and 0 < int(uses) <= 10_000):
        raise _Invalid("pass_uses")
    return PassDraft(
        place=room,
        name=name,
        since=_time(form.get("from", ""), zone),
        until=_time(form.get("until", ""), zone),
        kind=form.get("kind", "")[:40],
        plate=plate,
        uses=int(uses) if uses else None,
        host=person,
    )


def _time(text: str, zone: ZoneInfo) -> datetime:
    """What the browser's field for day and time holds: the compound's own time."""
    try:
        return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise _Invalid("no_day") from error
