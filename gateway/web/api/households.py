"""Rooms for the property: who belongs to them, how that came, and changes. Each look and change is on record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from gateway.auth.identity import Identity
from gateway.model import CredentialKind, Words
from gateway.people.household_record import HouseholdState, Member, RegisterChange
from gateway.people.import_plan import is_over
from gateway.people.register_writer import ChangedBy
from gateway.people.stored_register import StoredCredential
from gateway.web.api_errors import ApiError, key_needed, not_found
from gateway.web.people_models import (
    CredentialView,
    HistoryQuery,
    HouseholdBrief,
    HouseholdChangesRequest,
    HouseholdList,
    HouseholdQuery,
    HouseholdRecord,
    HouseholdsQuery,
    MemberView,
    RegisterChangeView,
    RegisterHistory,
    VehicleView,
)
from gateway.web.request_context import RequestContext
from gateway.web.routes import HOUSEHOLD_STAFF, Route
from gateway.web.serializers import words_view
from gateway.web.services import Services
from gateway.web.view_audit import HOUSEHOLD, ViewAudit

_PATH = "/api/v1/households"
_NUMBER = re.compile(r"\d+")
_MOST_FORMER = 50


class HouseholdRoutes:
    """A place in a path may have its slashes as they are, or as %2F."""

    def __init__(self, views: ViewAudit) -> None:
        self._views = views

    def routes(self) -> tuple[Route, ...]:
        """The routes of rooms. The longer path first: a place may hold slashes."""
        return (
            Route(
                "GET",
                _PATH,
                list_households,
                allowed=HOUSEHOLD_STAFF,
                summary="Rooms by path, with how much is registered there",
                request_model=HouseholdsQuery,
                response_model=HouseholdList,
            ),
            Route(
                "GET",
                f"{_PATH}/{{place:.+}}/history",
                self.history,
                allowed=HOUSEHOLD_STAFF,
                summary="Who changed what of a room, when and why, with the values before, newest first",
                request_model=HistoryQuery,
                response_model=RegisterHistory,
            ),
            Route(
                "GET",
                f"{_PATH}/{{place:.+}}",
                self.show,
                allowed=HOUSEHOLD_STAFF,
                summary="All of a room: people with roles and dates, vehicles, cards by their last digits",
                request_model=HouseholdQuery,
                response_model=HouseholdRecord,
            ),
            Route(
                "POST",
                f"{_PATH}/{{place:.+}}/changes",
                self.change,
                allowed=HOUSEHOLD_STAFF,
                summary="Change a room: people, vehicles, cards and PINs, moving in and out; all or nothing",
                request_model=HouseholdChangesRequest,
                response_model=HouseholdRecord,
                max_body_bytes=64 * 1024,
            ),
        )

    async def show(self, context: RequestContext[HouseholdQuery]) -> HouseholdRecord:
        """Handler of GET /api/v1/households/{place}."""
        place = room_of(context)
        await self._look(context.identity, place, context.params.why.strip())
        return _record(context.services, await context.services.households.read(place))

    async def history(self, context: RequestContext[HistoryQuery]) -> RegisterHistory:
        """Handler of GET /api/v1/households/{place}/history."""
        place, query = room_of(context), context.params
        await self._look(context.identity, place)
        found = await context.services.households.history(place, query.after, query.limit + 1)
        shown = found[: query.limit]
        more = len(found) > len(shown)
        return RegisterHistory(
            items=[_change(context.services, each) for each in shown], next=str(shown[-1].number) if more else None
        )

    async def change(self, context: RequestContext[HouseholdChangesRequest]) -> HouseholdRecord:
        """Handler of POST /api/v1/households/{place}/changes."""
        place, body, services = room_of(context), context.params, context.services
        why = body.why.strip()
        if not why:
            raise ApiError(400, Words("请写明原因", "Say why: `why`"), "reason_needed")
        by = ChangedBy(context.identity.user, why)
        with key_needed():
            return _record(services, await services.households.change(place, body.changes, by, body.version))

    async def _look(self, identity: Identity, place: str, why: str = "") -> None:
        await self._views.record(identity.user, HOUSEHOLD, place, why=why, role=identity.role.value)


def room_of(context: RequestContext[Any]) -> str:
    """The place that the path names. Raises ApiError (404) for one that is neither configured nor registered."""
    place, services = context.path_param("place").strip("/"), context.services
    if place in services.compound.places or place in services.register.snapshot.households:
        return place
    raise not_found(Words("这个房间", "room"))


async def list_households(context: RequestContext[HouseholdsQuery]) -> HouseholdList:
    """Handler of GET /api/v1/households. Rooms are the places in which people may be registered, or are."""
    services, query = context.services, context.params
    register, places = services.register.snapshot, services.compound.places
    rooms = sorted({*register.households, *(place for place in places if _is_room(place, places))}, key=_by_number)
    after = _by_number(query.after)
    under, wanted = (query.under or "").strip("/"), (query.find or "").lower().split()

    def fits(place: str) -> bool:
        household, name = register.households.get(place), services.compound.place_name(place)
        if query.state != "all" and (query.state == "occupied") != bool(household and household.persons):
            return False
        below = not under or place == under or place.startswith(f"{under}/")
        text = f"{place}\n{name.zh}\n{name.en}".lower()
        return below and _by_number(place) > after and all(word in text for word in wanted)

    found = [place for place in rooms if fits(place)]
    shown = found[: query.limit]
    cards = _cards_by_place(services, set(shown))
    return HouseholdList(
        items=[_brief(services, place, cards.get(place, 0)) for place in shown],
        next=shown[-1] if len(found) > len(shown) else None,
    )


def _by_number(place: str) -> str:
    """The text to sort by: `b1/u1/101` before `b1/u1/1001`."""
    return _NUMBER.sub(lambda found: found[0].zfill(8), place)


def _is_room(place: str, places: Mapping[str, object]) -> bool:
    """A place of a building below which there is no other."""
    parts = place.split("/")
    return len(parts) == 3 and parts[1].startswith("u") and place in places


def _cards_by_place(services: Services, wanted: set[str]) -> Mapping[str, int]:
    now, counts = services.now(), dict[str, int]()
    for (kind, _), credentials in services.register.snapshot.credentials.items():
        if kind is CredentialKind.CARD:
            for card in credentials:
                if card.place in wanted and card.is_valid(now):
                    counts[card.place] = counts.get(card.place, 0) + 1
    return counts


def _brief(services: Services, place: str, cards: int) -> HouseholdBrief:
    household = services.register.snapshot.households.get(place)
    return HouseholdBrief(
        place=place,
        place_name=words_view(services.compound.place_name(place)),
        people=len(household.persons) if household else 0,
        vehicles=len(household.plates) if household else 0,
        cards=cards,
    )


def _record(services: Services, state: HouseholdState) -> HouseholdRecord:
    now = services.now()
    present = [each for each in state.members if not is_over(each.stay.until, now)]
    former = [each for each in state.members if is_over(each.stay.until, now)]
    present.sort(key=lambda each: (each.stay.role != "owner", each.stay.since, each.data.name))
    former.sort(key=lambda each: each.stay.until or now, reverse=True)
    credentials = [each for each in state.credentials if not is_over(each.until, now)]
    return HouseholdRecord(
        place=state.place,
        place_name=words_view(services.compound.place_name(state.place)),
        version=state.version,
        people=[_member(each, now) for each in present],
        former=[_member(each, now) for each in former[:_MOST_FORMER]],
        vehicles=[
            VehicleView(
                plate=plate,
                person=vehicle.person,
                since=vehicle.since,
                until=vehicle.until,
                current=vehicle.since is None or vehicle.since <= now,
                list=vehicle.listing.value,
            )
            for plate, vehicle in state.vehicles.items()
            if not is_over(vehicle.until, now)
        ],
        cards=[_credential(each, state, now) for each in credentials if each.kind is CredentialKind.CARD],
        pins=[_credential(each, state, now) for each in credentials if each.kind is CredentialKind.PIN],
    )


def _member(member: Member, now: datetime) -> MemberView:
    stay, data = member.stay, member.data
    return MemberView(
        id=stay.person,
        membership=member.membership,
        name=data.name,
        phone=data.phone,
        id_number=data.id_number,
        born=data.born.isoformat() if data.born else "",
        role=stay.role,
        since=stay.since,
        until=stay.until,
        current=stay.since <= now and not is_over(stay.until, now),
        list=data.listing.value,
        faces=member.faces,
        other_rooms=list(member.other_rooms),
    )


def _credential(credential: StoredCredential, state: HouseholdState, now: datetime) -> CredentialView:
    return CredentialView(
        id=credential.id,
        kind="card" if credential.kind is CredentialKind.CARD else "pin",
        ending=state.endings.get(credential.id, ""),
        person=credential.person,
        since=credential.since,
        until=credential.until,
        current=credential.since <= now,
    )


def _change(services: Services, change: RegisterChange) -> RegisterChangeView:
    return RegisterChangeView(
        number=change.number,
        at=change.at,
        user=change.user,
        why=change.why,
        subject=change.subject,
        subject_id=change.subject_id,
        person=change.person,
        person_name=services.name_of(change.person) if change.person else None,
        before=_texts(change.before),
        after=_texts(change.after),
    )


def _texts(values: Mapping[str, object] | None) -> Mapping[str, str | None] | None:
    if values is None:
        return None
    return {name: None if value is None else str(value) for name, value in values.items()}
