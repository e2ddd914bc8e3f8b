"""The route table: every route declares who may use it, and its request and response models.

The gateway does not start with a route that does not declare who may use it.
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
    """Anybody may use the route, without sign-in. An enum of one member, so that nobody allows this by accident."""

    PUBLIC = "public"


class DeviceAccess(Enum):
    """A device of the YAML may use the route. The handler checks the device's own secret."""

    DEVICE = "device"


class ResidentAccess(Enum):
    """A resident who is signed in on their phone may use the route. The handler checks whose room it is about."""

    RESIDENT = "resident"


PUBLIC = PublicAccess.PUBLIC
DEVICE = DeviceAccess.DEVICE
RESIDENT = ResidentAccess.RESIDENT
Access = frozenset[Role | ResidentAccess] | PublicAccess | DeviceAccess

SIGNED_IN: Access = frozenset(Role)
"""Anybody who is signed in."""
ANY_USER: Access = frozenset({Role.GUARD, Role.SUPERVISOR, Role.INSTALLER, Role.MANAGER})
"""Those who use the guard room: they see alarms and devices."""
HOUSEHOLD_STAFF: Access = frozenset({Role.PROPERTY, Role.MANAGER})
"""Those who keep the register of households."""
RESIDENTS: Access = frozenset({RESIDENT})
"""Residents alone."""
GUARDS: Access = frozenset({Role.GUARD, Role.SUPERVISOR})
"""Those who act on alerts and devices."""
STAFF: Access = frozenset({Role.GUARD, Role.SUPERVISOR, Role.MANAGER})
"""Those who may look back at what happened, people included."""
LEADERS: Access = frozenset({Role.SUPERVISOR, Role.MANAGER})
"""Those who answer for the guards' work."""
TECHNICIANS = frozenset({Role.INSTALLER, Role.MANAGER})
"""Those who maintain the gateway."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method of one path.

    `request_model` validates the query of a GET and the JSON body of the other methods. `response_model` is the model
    of the response body; `media_type` is set instead for a response that is not a model. `upload` lists the media types
    of a body that is a file, which the handler reads itself; `request_model` validates the query then. `max_body_bytes`
    and `body_timeout_s` bound the request body. `extra_errors` are status codes that the OpenAPI description lists
    beside the usual ones. `page` routes are for people and are left out of that description. `opaque_origin` accepts
    `Origin: null`, which a page inside another app's web view may send. `sign_in` is the page to which a person is
    sent who is not signed in; without it they get an error.
    """

    method: str
    path: str
    handler: Callable[[RequestContext[Any]], Awaitable[Any]]
    allowed: Access | None = None
    summary: str = ""
    request_model: type[BaseModel] | None = None
    response_model: type[BaseModel] | None = None
    media_type: str | None = None
    upload: tuple[str, ...] = ()
    status: int = 200
    max_body_bytes: int = 16 * KIB
    body_timeout_s: float = 15
    extra_errors: tuple[int, ...] = ()
    page: bool = False
    socket: bool = False
    opaque_origin: bool = False
    sign_in: str = ""

    @property
    def changes_state(self) -> bool:
        """Whether a request may change state; its Origin is then checked."""
        return self.method not in {"GET", "HEAD"}

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class RouteError(TypeError):
    """A route that must not be served; the message names the route and the fix."""


def validate_routes(routes: Iterable[Route]) -> tuple[Route, ...]:
    """The same routes as a tuple. Raises RouteError for the first one that is incomplete or declared twice."""
    table = tuple(routes)
    seen: set[str] = set()
    for route in table:
        # An empty set of roles is most likely a mistake: nobody could use the route.
        if route.allowed is None or (isinstance(route.allowed, frozenset) and not route.allowed):
            raise RouteError(f"{route} does not say who may use it: set `allowed` to roles, PUBLIC or DEVICE")
        if str(route) in seen:
            raise RouteError(f"{route} is declared twice: remove one")
        if not route.page and not route.summary:
            raise RouteError(f"{route} does not say what it does: set `summary` for the API description")
        seen.add(str(route))
    return table
