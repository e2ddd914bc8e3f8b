"""People, vehicles and cards of the household, and what it asks to have changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from aiohttp import web

from gateway.errors import Conflict, NotFound, Refused, TooMany
from gateway.model import CredentialKind, Household, Words
from gateway.people.import_plan import is_over
from gateway.people.number_plates import is_plate, normalized_plate
from gateway.people.stored_register import StoredCredential
from gateway.residents import Request
from gateway.residents.digests import masked_number, plain_number
from gateway.web.api_errors import not_found
from gateway.web.order_words import order_words, role_words
from gateway.web.pages.resident.page import SIGN_IN, ResidentPage
from gateway.web.pages.resident.times import local_time
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route

MAX_NAME = 40
_ROLES = ("family", "tenant", "carer")
_PATH = "/r/household"
_REQUEST = Words("这项申请", "request")
Fields = Mapping[str, str]
Order = dict[str, Any]


class _Invalid(Exception):
    """`text` is the name of the text that says why."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class HouseholdPages:
    """The page, asking for a change, and answering a tenant's registration."""

    def __init__(self, page: ResidentPage) -> None:
        self._page = page

    def routes(self) -> tuple[Route, ...]:
        """The routes."""
        return (
            Route("GET", _PATH, self.show, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", _PATH, self.ask, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
            Route("POST", "/r/requests/{number}", self.answer, allowed=RESIDENTS, page=True, sign_in=SIGN_IN),
        )

    async def show(self, context: RequestContext[Any]) -> web.Response:
        """Handler of GET /r/household."""
        done = context.request.query.get("done", "")
        return await self._show(context, done=done if done in {"asked", "answered", "withdrawn"} else "")

    async def ask(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/household: nothing changes before the property confirms."""
        room, form = self._page.room(context), await self._page.form(context)
        residents, person = context.services.residents, context.resident.person
        make = _ORDERS.get(form.get("change", ""), _no_order)
        try:
            if form.get("change") == "end_credential":
                order = await _end_card(context, form, room)
            else:
                order = make(form, residents.directory.household(room), person)
            await residents.requests.ask(room, person, [order])
        except _Invalid as error:
            return await self._show(context, error=error.text, status=400)
        except TooMany:
            return await self._show(context, error="too_many_requests", status=429)
        return self._page.redirect(context, _PATH, done="asked")

    async def answer(self, context: RequestContext[Any]) -> web.Response:
        """Handler of POST /r/requests/{number}: an owner answers a registration, or somebody withdraws their own."""
        form, requests = await self._page.form(context), context.services.residents.requests
        request = await self._own_request(context)
        state = _state(form.get("answer", ""))
        if not _may_answer(context, request, state):
            raise not_found(_REQUEST)
        try:
            await requests.answer(request, state, context.actor)
        except Conflict:
            return await self._show(context, error="answered_already", status=409)
        except Refused:
            return await self._show(context, error="not_possible", status=409)
        return self._page.redirect(context, _PATH, done="withdrawn" if state == "withdrawn" else "answered")

    async def _own_request(self, context: RequestContext[Any]) -> Request:
        """The request of the path. Raises ApiError (404) for one of another room."""
        number = context.path_param("number")[:18]
        try:
            request = await context.services.residents.requests.one(int(number) if number.isdecimal() else 0)
        except NotFound as error:
            raise not_found(_REQUEST) from error
        if request.place not in self._page.rooms(context):
            raise not_found(_REQUEST)
        return request

    async def _show(
        self, context: RequestContext[Any], *, error: str = "", done: str = "", status: int = 200
    ) -> web.Response:
        room, residents, language = self._page.room(context), context.services.residents, self._page.language(context)
        household, me = residents.directory.household(room), context.resident.person
        since = residents.directory.since(me, room)
        people = [
            {
                "id": each.id,
                "name": each.name,
                "role": role_words(each.role)[language],
                "phone": masked_number(each.phone),
                "me": each.id == me,
            }
            for each in household.persons
        ]
        cards = await _cards(context, room)
        requests = [self._request(context, each) for each in await residents.requests.at(room, since)]
        return self._page.render(
            context,
            "household.html",
            status=status,
            room=room,
            people=people,
            plates=household.plates,
            cards=[{"id": each.id, "ending": ending} for each, ending in cards],
            requests=requests,
            roles={role: role_words(role)[language] for role in _ROLES},
            error=error,
            done=done,
        )

    def _request(self, context: RequestContext[Any], request: Request) -> dict[str, Any]:
        language, zone = self._page.language(context), context.services.compound.timezone
        names = {each.id: each.name for each in context.services.residents.directory.household(request.place).persons}
        return {
            "number": request.number,
            "what": [order_words(order, names)[language] for order in request.orders],
            "at": local_time(request.at, zone),
            "state": request.state,
            "answer": request.answer,
            "confirm": _may_answer(context, request, "confirmed"),
            "withdraw": _may_answer(context, request, "withdrawn"),
        }


async def _cards(context: RequestContext[Any], room: str) -> list[tuple[StoredCredential, str]]:
    """The cards of a room that are valid now, with their last digits."""
    state, now = await context.services.households.read(room), context.services.now()
    valid = [each for each in state.credentials if each.kind is CredentialKind.CARD and not is_over(each.until, now)]
    return [(each, state.endings.get(each.id, "")) for each in valid]


def _state(answer: str) -> str:
    return {"confirm": "confirmed", "refuse": "refused"}.get(answer, "withdrawn")


def _may_answer(context: RequestContext[Any], request: Request, state: str) -> bool:
    """Owners answer what a tenant asked for at the door; everybody may withdraw what they asked for themselves."""
    if request.state != "open":
        return False
    me = context.resident.person
    if state == "withdrawn":
        return request.person == me
    return request.is_registration and context.services.residents.directory.role(me, request.place) == "owner"


async def _end_card(context: RequestContext[Any], form: Fields, room: str) -> Order:
    card = form.get("card", "")
    if all(each.id != card for each, _ in await _cards(context, room)):
        raise _Invalid("broken_form")
    return {"do": "end_credential", "credential": card}


def _no_order(_form: Fields, _household: Household, _me: str) -> Order:
    raise _Invalid("broken_form")


def _add_person(form: Fields, _household: Household, _me: str) -> Order:
    name = " ".join("".join(c for c in form.get("name", "") if c.isprintable()).split())
    if not name or len(name) > MAX_NAME:
        raise _Invalid("no_name")
    role = form.get("role", "")
    if role not in _ROLES:
        raise _Invalid("broken_form")
    number = form.get("phone", "").strip()
    phone = plain_number(number) if number else ""
    if phone is None:
        raise _Invalid("no_number")
    until = form.get("until", "").strip()
    order: Order = {"do": "add_person", "name": name, "phone": phone, "role": role}
    return order | ({"until": _day(until)} if until else {})


def _move_out(form: Fields, household: Household, _me: str) -> Order:
    return {"do": "move_out", "people": [_person(form, household)]}


def _change_phone(form: Fields, household: Household, _me: str) -> Order:
    phone = plain_number(form.get("phone", ""))
    if phone is None:
        raise _Invalid("no_number")
    return {"do": "change_person", "person": _person(form, household), "phone": phone}


def _add_vehicle(form: Fields, _household: Household, me: str) -> Order:
    plate = normalized_plate(form.get("plate", ""))
    if not is_plate(plate):
        raise _Invalid("no_plate")
    return {"do": "add_vehicle", "plate": plate, "person": me}


def _end_vehicle(form: Fields, household: Household, _me: str) -> Order:
    plate = form.get("plate", "")
    if plate not in household.plates:
        raise _Invalid("broken_form")
    return {"do": "end_vehicle", "plate": plate}


def _person(form: Fields, household: Household) -> str:
    person = form.get("person", "")
    if all(each.id != person for each in household.persons):
        raise _Invalid("broken_form")
    return person


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise _Invalid("no_day") from error


_ORDERS: Mapping[str, Callable[[Fields, Household, str], Order]] = {
    "add_person": _add_person,
    "move_out": _move_out,
    "change_phone": _change_phone,
    "add_vehicle": _add_vehicle,
    "end_vehicle": _end_vehicle,
}
"""What a household may ask for, beside ending a card. Cards and PINs are given out at the counter."""
