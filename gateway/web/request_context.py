"""What a handler is handed: who asks, what was asked (already checked), and the house behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import web

from gateway.auth.accounts import Identity
from gateway.web.api_errors import not_signed_in
from gateway.web.services import Services

Asked = TypeVar("Asked")


@dataclass(frozen=True, slots=True)
class RequestContext(Generic[Asked]):
    """`asked` is the route's `takes`, validated; `language` is `zh` or `en`; `address` the caller's."""

    request: web.Request
    services: Services
    who: Identity | None
    asked: Asked
    language: str
    address: str

    @property
    def me(self) -> Identity:
        """Who is signed in; NotSignedIn where nobody is."""
        if self.who is None:
            raise not_signed_in()
        return self.who

    def part(self, name: str) -> str:
        """A part of the path."""
        return self.request.match_info[name]
