"""Who looked at a resident's record, for themselves."""

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
