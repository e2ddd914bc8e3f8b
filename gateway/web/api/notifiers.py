"""How the notifiers do: whether each proves that it delivers."""

from __future__ import annotations

from typing import Any

from gateway.model import Role
from gateway.notify import NotifierStatus
from gateway.web.request_context import RequestContext
from gateway.web.responses import NotifierList, NotifierView
from gateway.web.routes import Access, Route
from gateway.web.serializers import words_view

_ALLOWED: Access = frozenset({Role.SUPERVISOR, Role.MANAGER, Role.INSTALLER})
"""Those who decide about them, and who sets them up. A status names nobody."""


async def list_notifiers(context: RequestContext[Any]) -> NotifierList:
    """Handler of GET /api/v1/notifiers."""
    return NotifierList(items=[_view(status) for status in await context.services.notifiers()], next=None)


def _view(status: NotifierStatus) -> NotifierView:
    fault = status.proof.fault
    return NotifierView(
        id=status.id,
        kind=status.kind,
        healthy=status.healthy,
        since=status.proof.since,
        proved_at=status.proof.proved,
        fault=words_view(fault) if fault else None,
        waiting=status.waiting,
        failed=status.failed,
    )


ROUTES = (
    Route(
        "GET",
        "/api/v1/notifiers",
        list_notifiers,
        allowed=_ALLOWED,
        summary="Notifiers, and whether each has proved that it delivers",
        response_model=NotifierList,
    ),
)
