"""What a resident sees of their own rooms; never of another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from gateway.model import CredentialKind
from gateway.people.household_record import HouseholdState, Member
from gateway.people.import_plan import is_over
from gateway.people.stored_register import StoredCredential
from gateway.web.api_errors import not_signed_in
from gateway.web.people_models import OwnCardView, OwnHousehold, OwnPersonView, OwnRoomView, OwnVehicleView
from gateway.web.request_context import RequestContext
from gateway.web.routes import RESIDENTS, Route
from gateway.web.serializers import words_view
from gateway.web.services import Services

_PHONE_END = 4


async def own_household(context: RequestContext[Any]) -> OwnHousehold:
    """Handler of GET /api/v1/household. Somebody who has moved out of every room has none."""
    services, person, now = context.services, context.resident.person, context.services.now()
    resident = services.register.snapshot.persons.get(person)
    if resident is None:  # deleted since they signed in
        raise not_signed_in()
    states = [await services.households.read(place) for place in services.residents.directory.rooms(person)]
    return OwnHousehold(
        person=person,
        name=resident.person.name,
        rooms=[_room(services, state, person, now) for state in states],
    )


def _room(services: Services, state: HouseholdState, person: str, now: datetime) -> OwnRoomView:
    present = [each for each in state.members if not is_over(each.stay.until, now)]
    present.sort(key=lambda each: (each.stay.role != "owner", each.stay.since, each.data.name))
    role = next((each.stay.role for each in present if each.stay.person == person and each.stay.since <= now), "other")
    passes = [each for each in services.register.snapshot.passes.values() if each.place == state.place]
    return OwnRoomView(
        place=state.place,
        place_name=words_view(services.compound.place_name(state.place)),
        role=role,
        people=[_person(each) for each in present],
        vehicles=[
            OwnVehicleView(plate=plate, until=vehicle.until)
            for plate, vehicle in state.vehicles.items()
            if not is_over(vehicle.until, now) and vehicle.listing.value == "resident"
        ],
        cards=[_card(each, state) for each in state.credentials if _is_card(each, now)],
        passes=sum(each.revoked_at is None and now < each.until for each in passes),
    )


def _person(member: Member) -> OwnPersonView:
    return OwnPersonView(
        id=member.stay.person,
        name=member.data.name,
        role=member.stay.role,
        phone_end=member.data.phone[-_PHONE_END:],
        since=member.stay.since,
        until=member.stay.until,
    )


def _is_card(credential: StoredCredential, now: datetime) -> bool:
    return credential.kind is CredentialKind.CARD and not is_over(credential.until, now)


def _card(credential: StoredCredential, state: HouseholdState) -> OwnCardView:
    ending = state.endings.get(credential.id, "")
    return OwnCardView(id=credential.id, ending=ending, person=credential.person, until=credential.until)


ROUTES = (
    Route(
        "GET",
        "/api/v1/household",
        own_household,
        allowed=RESIDENTS,
        summary="The rooms of the resident who is signed in: people, vehicles, cards, how many passes",
        response_model=OwnHousehold,
    ),
)
