"""The staff's page behind a door plate: guards, property, grid officers and police sign in with their accounts.

What a role sees is in `gateway/door_plate/role_view.py`. A look takes a reason, and is on record before it is shown.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from aiohttp import hdrs, web

from gateway.auth.identity import Identity
from gateway.door_plate import Position
from gateway.door_plate.plate_states import PlateState
from gateway.door_plate.role_view import MAY_HANG, MAY_HIDE, SEES, view_of
from gateway.errors import NotRecorded, TooMany, WrongPassword
from gateway.people.door_plates import IssuedPlate
from gateway.web.api.session import end_session, set_session_cookie, start_session
from gateway.web.authentication import authenticate
from gateway.web.pages.door_plate.look import Look, LookFault, read_look, record_look
from gateway.web.pages.door_plate.plate_page import LOCATING, PlatePage, language_of
from gateway.web.pages.door_plate.staff_texts import ACCOUNTS, REASONS, ROLES, staff_texts_in
from gateway.web.pages.form import Form
from gateway.web.request_context import RequestContext
from gateway.web.routes import PUBLIC, Route

log = structlog.get_logger(__name__)
Step = Callable[[RequestContext[Any], IssuedPlate, Identity, Form], Awaitable[web.Response]]


class StaffPages:
    """Signs in on the page, as a checkpoint's does. Every step checks the role again."""

    def __init__(self, page: PlatePage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes of staff. They are public, since they sign in themselves; every step needs a role."""
        path = "/d/{token}/staff"
        steps: dict[str, Step] = {
            "look": self._look,
            "hung": self._hung,
            "wrong-door": self._wrong_door,
            "position": self._position,
        }
        return (
            Route("GET", path, self.show, allowed=PUBLIC, page=True),
            Route("POST", f"{path}/sign-in", self.sign_in, allowed=PUBLIC, page=True),
            Route("POST", f"{path}/sign-out", self.sign_out, allowed=PUBLIC, page=True),
            *(
                Route("POST", f"{path}/{name}", self._step(step), allowed=PUBLIC, page=True)
                for name, step in steps.items()
            ),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /d/{token}/staff."""
        return await self._page.with_plate(context, self._show)

    async def sign_in(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}/staff/sign-in."""
        return await self._page.with_plate(context, self._sign_in)

    async def _show(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        return await self._render(context, plate, await authenticate(context.services, context.request))

    async def _sign_in(self, context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
        try:
            fields = (await self._page.form(context)).fields
            token, identity = await start_session(context, fields.get("user", "").strip(), fields.get("password", ""))
        except TooMany:
            return await self._render(context, plate, None, status=429, error="too_many")
        except WrongPassword:
            return await self._render(context, plate, None, status=401, error="wrong")
        except web.HTTPException as error:
            return await self._render(context, plate, None, status=error.status, error="broken_form")
        log.info("a member of staff signed in at a door plate", user=identity.user)
        response = self._back(context)
        set_session_cookie(context, response, token)
        return response

    async def sign_out(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /d/{token}/staff/sign-out."""
        response = self._back(context)
        await end_session(context, response)
        return response

    def _step(self, step: Step) -> Callable[[RequestContext[Any]], Awaitable[web.Response]]:
        """A handler that looks up plate, user and form, and answers what goes wrong."""

        async def take(context: RequestContext[Any], plate: IssuedPlate) -> web.Response:
            identity = await authenticate(context.services, context.request)
            if identity is None or identity.role not in SEES:
                return await self._render(context, plate, identity, status=401 if identity is None else 403)
            try:
                return await step(context, plate, identity, await self._page.form(context))
            except (TooMany, NotRecorded, LookFault, web.HTTPException) as error:
                text, status = _fault(error)
                return await self._render(context, plate, identity, status=status, error=text)

        async def handle(context: RequestContext[Any]) -> web.Response:
            return await self._page.with_plate(context, take)

        return handle

    async def _look(
        self, context: RequestContext[Any], plate: IssuedPlate, identity: Identity, form: Form
    ) -> web.Response:
        """Show the household, after the look is on record. Not redirected: what is shown has no address."""
        look = read_look(form, may_hide=identity.role in MAY_HIDE)
        self._page.limits.looked(identity.user)
        await record_look(context.services, identity, plate.place, look)
        household = context.services.register.snapshot.household(plate.place)
        care = await context.services.door_plate_service.in_care(plate.place)
        return await self._render(
            context, plate, identity, view=view_of(identity.role, household, care=care), look=look
        )

    async def _hung(
        self, context: RequestContext[Any], plate: IssuedPlate, identity: Identity, form: Form
    ) -> web.Response:
        if identity.role not in MAY_HANG:
            return await self._render(context, plate, identity, status=403)
        position = position_in(form)
        service = context.services.door_plate_service
        await service.scans.seen(plate, identity.user, position)
        await service.plates.hung(plate, identity.user, position)
        return self._back(context, {"said": "hung"})

    async def _wrong_door(
        self, context: RequestContext[Any], plate: IssuedPlate, identity: Identity, _form: Form
    ) -> web.Response:
        log.warning("staff say that a plate hangs on another door", place=plate.place, user=identity.user)
        await context.services.door_plate_service.scans.suspect(plate.place, "wrong_door")
        return self._back(context, {"said": "wrong"})

    async def _position(
        self, context: RequestContext[Any], plate: IssuedPlate, identity: Identity, form: Form
    ) -> web.Response:
        if (position := position_in(form)) is not None:
            await context.services.door_plate_service.scans.seen(plate, identity.user, position)
        return self._back(context, {"said": "located"})

    def _back(self, context: RequestContext[Any], query: dict[str, str] | None = None) -> web.Response:
        return self._page.redirect(context, f"{context.path_param('token')}/staff", query)

    async def _render(
        self,
        context: RequestContext[Any],
        plate: IssuedPlate,
        identity: Identity | None,
        *,
        status: int = 200,
        error: str | None = None,
        look: Look | None = None,
        **values: Any,
    ) -> web.Response:
        language, role = language_of(context), identity.role if identity else None
        if role is not None and role not in SEES and error is None:
            error = "not_staff"
        [state] = await context.services.door_plate_service.plates.states([plate.place])
        response = self._page.render(
            context,
            "staff.html",
            plate.place,
            status=status,
            error=error,
            texts=staff_texts_in(language),
            token=context.path_param("token"),
            user=identity.user if identity else "",
            account=ACCOUNTS[role][language] if role else "",
            sees=role in SEES,
            may_hang=role in MAY_HANG,
            may_hide=role in MAY_HIDE,
            said=context.request.query.get("said", ""),
            state=_clock(context, state),
            reasons={key: words[language] for key, words in REASONS.items()},
            roles={key: words[language] for key, words in ROLES.items()},
            look=look,
            **{"view": None, **values},
        )
        response.headers["Permissions-Policy"] = LOCATING
        response.headers[hdrs.CACHE_CONTROL] = "no-store"
        return response


def _clock(context: RequestContext[Any], state: PlateState) -> dict[str, str]:
    zone = ZoneInfo(context.services.compound.timezone)
    times = {"issued": state.issued_at, "hung": state.hung_at}
    return {name: at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else "" for name, at in times.items()}


def _fault(error: TooMany | NotRecorded | LookFault | web.HTTPException) -> tuple[str, int]:
    """The name of the text that says it, and the answer's status."""
    match error:
        case TooMany():
            return "too_many", 429
        case NotRecorded():
            return "unrecorded", 503
        case LookFault():
            return error.text, 400
        case _:
            return "broken_form", error.status


def position_in(form: Form) -> Position | None:
    """Where the phone says it is; None without a sensible position."""
    try:
        lat, lon, accuracy = (float(form.fields.get(name) or "nan") for name in ("lat", "lon", "accuracy"))
    except ValueError:
        return None
    if not (-90 <= lat <= 90 and -180 <= lon <= 180 and 0 <= accuracy <= 100_000):  # also what is not a number
        return None
    return Position(lat, lon, accuracy)
