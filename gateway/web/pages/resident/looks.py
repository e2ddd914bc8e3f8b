"""Who looked at a resident's record, for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.model import Step
from gateway.store import audit
from gateway.web.request_context import RequestContext

_SHOWN = 50


async def looks_at(context: RequestContext[Any], room: str) -> Sequence[Step]:
    """Who looked at the records of a room, newest first, since the resident belongs to it.

    Looks that the law keeps from residents are left out (`gateway/web/pages/door_plate/look.py`).
    """
    services = context.services
    since = services.residents.directory.since(context.resident.person, room)
    return await services.store.read(lambda connection: audit.looks_at(connection, room, since, _SHOWN))
