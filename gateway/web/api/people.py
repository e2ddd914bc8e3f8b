"""Search in the register of people. The audit has a search by its kind, length and a digest, never by its text."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.model import CredentialKind, Membership, Register
from gateway.people.cell_values import cards
from gateway.people.credential_digest import credential_digest
from gateway.people.search import FoundPerson, FoundRoom, PeopleIndex
from gateway.store.vault import VaultError
from gateway.web.people_models import FoundPersonView, FoundRoomView, PeopleList, PeopleQuery, StayView
from gateway.web.request_context import RequestContext
from gateway.web.routes import HOUSEHOLD_STAFF, Route
from gateway.web.serializers import words_view
from gateway.web.services import Services
from gateway.web.view_audit import PEOPLE_SEARCH, ViewAudit

_PHONE_END = 4


class PeopleSearch:
    """Holds the index of the present register, and makes it anew when that or the configuration is replaced."""

    def __init__(self, views: ViewAudit) -> None:
        self._views = views
        self._index = PeopleIndex(Register(), {})
        self._one_at_a_time = asyncio.Lock()

    def routes(self) -> tuple[Route, ...]:
        """The route of the search."""
        return (
            Route(
                "GET",
                "/api/v1/people",
                self.search,
                allowed=HOUSEHOLD_STAFF,
                summary="People by name, pinyin initials, room, plate, card number or the last digits of a phone",
                request_model=PeopleQuery,
                response_model=PeopleList,
            ),
        )

    async def search(self, context: RequestContext[PeopleQuery]) -> PeopleList:
        """Handler of GET /api/v1/people. Without a text everybody, by room."""
        query, services = context.params, context.services
        text = query.q.strip()
        await self._views.record(context.identity.user, PEOPLE_SEARCH, _described(services, text))
        index = await self.index(services)
        found = index.find(text, holders(services, text)) if text else index.everybody()
        shown = found.people[query.after : query.after + query.limit]
        after = query.after + len(shown)
        return PeopleList(
            items=[_person(services, index, each) for each in shown],
            rooms=[_room(services, each) for each in found.rooms] if not query.after else [],
            total=len(found.people),
            next=str(after) if after < len(found.people) else None,
        )

    async def index(self, services: Services) -> PeopleIndex:
        """The index of the present register."""
        async with self._one_at_a_time:
            register, places = services.register.snapshot, services.compound.places
            # Passes are replaced many times a day and are not in the index.
            if self._index.register.persons is not register.persons or self._index.places is not places:
                self._index = await asyncio.to_thread(PeopleIndex, register, places)
        return self._index


def holders(services: Services, text: str) -> Sequence[str]:
    """The ids of those who have a card with this number."""
    numbers = [number for number in cards(text) if isinstance(number, str)]
    if len(numbers) != 1:
        return ()
    try:
        digest = credential_digest(services.store.vault, CredentialKind.CARD, numbers[0])
    except VaultError:  # without the key nobody can be found by a card
        return ()
    register, now = services.register.snapshot, services.now()
    valid = [card for card in register.credentials.get((CredentialKind.CARD, digest), ()) if card.is_valid(now)]
    found = [card.person for card in valid if card.person]
    for card in valid:
        household = register.households.get(card.place) if card.person is None else None
        found += [person.id for person in household.persons] if household else []
    return found


def _described(services: Services, text: str) -> str:
    """What was searched, for the audit: whoever has the key can tell whether it was a certain text."""
    if not text:
        return "all"
    try:
        digest = services.store.vault.mac("people search", text.encode()).hex()[:16]
    except VaultError:
        digest = "-"
    kind = "digits" if text.isdigit() else "letters" if text.isascii() else "words"
    return f"{kind}:{len(text)}:{digest}"


def _person(services: Services, index: PeopleIndex, found: FoundPerson) -> FoundPersonView:
    resident = found.resident
    return FoundPersonView(
        id=resident.person.id,
        name=resident.person.name,
        phone_end=resident.person.phone[-_PHONE_END:],
        list=resident.listing.value,
        matched=found.by.value,
        stays=[_stay(services, each) for each in resident.memberships],
        plates=index.plates_of(resident.person.id, services.now()),
    )


def _stay(services: Services, stay: Membership) -> StayView:
    return StayView(
        place=stay.place,
        place_name=words_view(services.compound.place_name(stay.place)),
        role=stay.role,
        since=stay.since,
        until=stay.until,
        current=stay.is_valid(services.now()),
    )


def _room(services: Services, found: FoundRoom) -> FoundRoomView:
    household = services.register.snapshot.households.get(found.place)
    return FoundRoomView(
        place=found.place,
        place_name=words_view(services.compound.place_name(found.place)),
        matched="plate" if found.by.value == "plate" else "room",
        people=len(household.persons) if household else 0,
    )
