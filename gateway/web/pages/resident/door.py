"""Opening a door from the phone, for minutes after its door plate was scanned."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from aiohttp import web

from gateway.access.request import PresentedCredential
from gateway.model import CredentialKind, DeviceType, Words
from gateway.residents.near import doors_near
from gateway.web.api_errors import not_found
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

_PATH = "/r/door"
_NO_DOOR = Words("这扇门", "door")


class DoorPages:
    """The doors that are near, and opening one."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", _PATH, self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", _PATH, self.open, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/door."""
        return self._show(context)

    async def open(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/door: what is not near is no door. The decision is on record, also a refusal."""
        form = await self._page.form(context)
        door = form.get("door", "")
        doors, until = self._near(context)
        if until is None:
            return self._show(context, error="not_near", status=409)
        if door not in doors:
            raise not_found(_NO_DOOR)
        credential = PresentedCredential(CredentialKind.PHONE, context.resident.person)
        decision = await context.services.access.present(credential, door)
        if decision.granted:
            return self._show(context, done="door_opened")
        return self._show(context, refused=decision.reason[self._page.language(context)], status=409)

    def _near(self, context: RequestContext[Any]) -> tuple[dict[str, str], datetime | None]:
        """The doors by id with their names, and until when the phone counts as near."""
        near = context.services.residents.near.place(context.resident.device)
        if near is None:
            return {}, None
        devices = context.services.compound.devices.values()
        doors = {each.id: each.place for each in devices if each.type is DeviceType.DOOR}
        names = {each.id: each.name for each in devices}
        found = {door: names[door] for room in self._page.rooms(context) for door in doors_near(near[0], room, doors)}
        return found, near[1]

    def _show(self, context: RequestContext[Any], *, status: int = 200, refused: str = "", **said: str) -> web.Response:
        doors, until = self._near(context)
        return self._page.render(
            context,
            "door.html",
            status=status,
            room=self._page.room(context),
            doors=doors,
            until=local_time(until, context.services.compound.timezone)[11:] if until else "",
            refused=refused,
            **said,
        )
