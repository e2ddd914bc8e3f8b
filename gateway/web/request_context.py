"""What a route's handler receives: the validated request, the identity behind it, and the gateway's services."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from gateway.auth.identity import Identity
from gateway.auth.resident import ResidentIdentity
from gateway.web.api_errors import not_signed_in
from gateway.web.services import Services

Params = TypeVar("Params")


@dataclass(frozen=True, slots=True)
class RequestContext(Generic[Params]):
    """One request.

    `params` is its query or body as the route's `request_model`, `language` is `zh` or `en`, and `address` is the
    client's IP address. `optional_identity` is the user who is signed in, `optional_resident` the resident, where the
    route is for them; both are None on public and device routes.
    """

    request: web.Request
    services: Services
    optional_identity: Identity | None
    params: Params
    language: str
    address: str
    optional_resident: ResidentIdentity | None = None

    @property
    def identity(self) -> Identity:
        """Who is signed in. Raises ApiError (401) when nobody is."""
        if self.optional_identity is None:
            raise not_signed_in()
        return self.optional_identity

    @property
    def resident(self) -> ResidentIdentity:
        """The resident who is signed in. Raises ApiError (401) when there is none."""
        if self.optional_resident is None:
            raise not_signed_in()
        return self.optional_resident

    @property
    def actor(self) -> str:
        """Who acts, for the journal and the audit: the user's name, or `resident:` and the person's id."""
        if self.optional_identity is not None:
            return self.optional_identity.user
        return f"resident:{self.resident.person}"

    def path_param(self, name: str) -> str:
        """The text that matched `{name}` in the route's path."""
        return self.request.match_info[name]
