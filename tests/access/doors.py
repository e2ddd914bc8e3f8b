"""A small compound to decide about: two rooms, a gate, people with cards and a pass, and a Wednesday morning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.access import AccessDecision, AccessRequest, AccessRules, AccessState, PresentedCredential
from gateway.access.policy import decide
from gateway.access.request import CodeRefusal, PassCode
from gateway.config.access import AccessSettings
from gateway.model import (
    Credential,
    CredentialKind,
    Listing,
    Membership,
    Pass,
    Person,
    Register,
    Resident,
    Vehicle,
)

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
"""A Wednesday, ten in the morning in Shanghai."""
LONG_AGO = NOW - timedelta(days=400)
ZONE = ZoneInfo("Asia/Shanghai")
ROOM, NEXT_ROOM = "b3/u1/1502", "b3/u2/802"
PLACES = {"door": "b3/u1", "gate": "gate/east", "garage": "garage", "lift": "b3/u1", "smoke": "b3/u1/1501"}
MEMBERS = {
    "wang": ((ROOM, "owner", LONG_AGO, None),),
    "zhao": ((NEXT_ROOM, "tenant", LONG_AGO, None),),
    "left": ((ROOM, "tenant", LONG_AGO, NOW - timedelta(days=1)),),
    "soon": ((ROOM, "family", NOW + timedelta(days=1), None),),
    "both": ((ROOM, "owner", LONG_AGO, None), (NEXT_ROOM, "owner", LONG_AGO, None)),
    "cleaner": (),
}


def digest(kind: str, value: str) -> bytes:
    return f"{kind} {value}".encode()


def card(person: str | None, place: str = "", **more: Any) -> Credential:
    name = more.pop("id", f"card-{person or place}")
    return Credential(name, CredentialKind.CARD, person, place, LONG_AGO, **more)


def visitor(**more: Any) -> Pass:
    times = {"since": NOW - timedelta(hours=1), "until": NOW + timedelta(hours=1)}
    given: dict[str, Any] = {"id": "v1", "kind": "visit", "place": ROOM, "host": "wang", "name": "", "plate": ""}
    return Pass(**{**given, **times, **more})


def register(
    cards: Mapping[str, Sequence[Credential]] | None = None,
    passes: Sequence[Pass] = (),
    vehicles: Sequence[Vehicle] = (),
) -> Register:
    """People of MEMBERS with a card each, whose number is their name; `cards` by their numbers, more or others."""
    residents = [
        Resident(
            Person(person, person),
            rooms[0][0] if rooms else None,
            memberships=tuple(Membership(f"m-{person}-{n}", person, *room) for n, room in enumerate(rooms)),
        )
        for person, rooms in MEMBERS.items()
    ]
    residents.append(Resident(Person("thief", "thief"), None, Listing.WATCH))
    numbers = {person: (card(person),) for person in [*MEMBERS, "thief"]} | dict(cards or {})
    credentials = {(each[0].kind, digest(each[0].kind, number)): tuple(each) for number, each in numbers.items()}
    made = Register.of(residents, vehicles, credentials)
    return replace(made, passes={one.id: one for one in passes})


def rules(door: Mapping[str, Any] | None = None, **more: Any) -> AccessRules:
    doors = more.pop("doors", [{"device": "door", **(door or {})}])
    return AccessRules(AccessSettings.model_validate({"doors": doors, **more}), PLACES, ZONE)


def ask(
    value: str,
    kind: str = "card",
    door: str = "door",
    at: datetime = NOW,
    reader: str = "",
    code: PassCode | CodeRefusal | None = None,
) -> AccessRequest:
    return AccessRequest(PresentedCredential(kind, value), door, at, reader, (digest(kind, value),), code)


def answer(
    request: AccessRequest, made: AccessRules | None = None, people: Register | None = None, state: Any = None
) -> AccessDecision:
    return decide(request, people or register(), made or rules(), state or AccessState())
