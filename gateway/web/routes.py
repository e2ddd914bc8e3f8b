"""The route table: every address says who may use it, what it takes and what it gives.

A route that does not say who may use it stops the gateway from starting.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from pydantic import BaseModel

from gateway.model import Role
from gateway.web.request_context import RequestContext

KIB = 1024


class PublicAccess(Enum):
    """The one member says in so many words: anybody, without sign-in."""

    PUBLIC = "public"


class DeviceAccess(Enum):
    """The one member says: a device of the YAML, by the secret it has there; the handler admits it."""

    DEVICE = "device"


PUBLIC = PublicAccess.PUBLIC
DEVICE = DeviceAccess.DEVICE
Access = frozenset[Role] | PublicAccess | DeviceAccess

ANY_USER: Access = frozenset(Role)
"""Anybody who is signed in."""
GUARDS: Access = frozenset({Role.GUARD, Role.SUPERVISOR})
"""Those who act on alerts and devices."""
TECHNICIANS = frozenset({Role.INSTALLER, Role.MANAGER})


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    `takes` is the query of a GET and the JSON body of the rest, `gives` the body of the answer;
    `raw` names the media type of an answer that is no model. `limit` bounds the body in bytes,
    `seconds` the time it may take to come. `refuses` are statuses to
    describe beside those of all its like. `page` routes are for people and not in the OpenAPI
    description. `opaque_origin`: a page opened inside another app may send `Origin: null`.
    """

    method: str
    path: str
    handle: Callable[[RequestContext[Any]], Awaitable[Any]]
    who: Access | None = None
    does: str = ""
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    raw: str | None = None
    status: int = 200
    limit: int = 16 * KIB
    seconds: float = 15
    refuses: tuple[int, ...] = ()
    page: bool = False
    socket: bool = False
    opaque_origin: bool = False

    @property
    def changes(self) -> bool:
        """Whether it changes state, so that its Origin must be ours."""
        return self.method not in {"GET", "HEAD"}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class RouteError(TypeError):
    """A route that must not be served; the message names it and the mend."""


def validate_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The table as given, or RouteError for the first route that is not fit to be served."""
    table = tuple(routes)
    seen: set[str] = set()
    for route in table:
        if route.who is None or (isinstance(route.who, frozenset) and not route.who):
            raise RouteError(f"{route} does not say who may use it: give it `who`: roles, PUBLIC or DEVICE")
        if str(route) in seen:
            raise RouteError(f"{route} stands twice in the table")
        if not route.page and not route.does:
            raise RouteError(f"{route} does not say what it does: the API's description needs a sentence")
        seen.add(str(route))
    return table
