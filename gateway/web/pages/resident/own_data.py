"""What the gateway keeps of a resident, for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.model import Step
from gateway.store import audit
from gateway.web.request_context import RequestContext

LOOKS = "household-view"
_SHOWN = 50
_READ = 1000


async def looks_at(context: RequestContext[Any], room: str) -> Sequence[Step]:
    """Who looked at the records of a room, newest first, since the resident belongs to it.

    Looks that the law keeps from residents are left out (`gateway/web/pages/door_plate/look.py`).
    """
    services = context.services
    since = services.residents.directory.since(context.resident.person, room)
    selected = audit.StepFilter(action=LOOKS, begin=since)
    steps = await services.store.read(lambda connection: audit.page(connection, selected, None, _READ))
    return [step for _, step, _ in steps if step.data.get("place") == room and "hidden" not in step.data][:_SHOWN]


async def own_data(context: RequestContext[Any], person: str) -> dict[str, Any]:
    """Everything about one person, without other people's data."""
    services = context.services
    directory, known = services.residents.directory, services.register.snapshot.persons[person]
    return {
        "person": {"id": person, "name": known.person.name, "phone": known.person.phone},
        "memberships": [
            {
                "place": each.place,
                "role": each.role,
                "since": each.since.isoformat(),
                "until": each.until.isoformat() if each.until else None,
            }
            for each in known.memberships
        ],
        "vehicles": {room: list(directory.household(room).plates) for room in directory.rooms(person)},
        "phones": [
            {"name": each.name, "way": each.way, "since": each.created_at.isoformat()}
            for each in await services.residents.devices.of(person)
        ],
        "requests": [
            {"at": each.at.isoformat(), "orders": list(each.orders), "state": each.state, "answer": each.answer}
            for room in directory.rooms(person)
            for each in await services.residents.requests.at(room, directory.since(person, room))
            if each.person == person
        ],
    }
