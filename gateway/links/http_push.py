"""Devices that can only POST: each may push to its own address, with the token or password of its YAML.

The web calls `Pushes.admit` with what the request carries, and `PushLink.push` with its body: both live
here, so that the web knows nothing of drivers and drivers nothing of the web.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Self

from pydantic import Field, model_validator

from gateway.driver import DriverSettings
from gateway.errors import LinkLost, TooMany
from gateway.links.allowance import allowance
from gateway.links.tape import Tape
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

SHORTEST_TOKEN = 16


class PushSettings(DriverSettings):
    """What the YAML says about who may push, flat beside the driver's own keys."""

    token: Annotated[Secret | None, Field(description="sent as 'Authorization: Bearer …'; as !secret NAME")] = None
    user: Annotated[str | None, Field(description="for devices that know HTTP Basic alone, with password")] = None
    password: Annotated[Secret | None, Field(description="as !secret NAME")] = None
    query: Annotated[
        str | None,
        Field(pattern="^[A-Za-z0-9_]+$", description="also take the token from this key of the address: ?key=…"),
    ] = None
    rate: Annotated[float, Field(gt=0, le=1000, description="pushes a second in the long run; more are to wait")] = 10
    burst: Annotated[int, Field(ge=1, le=10_000, description="pushes at once")] = 100

    @model_validator(mode="after")
    def _known_by_something(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise Wrong("user and password go together", "write both, or neither")
        if self.token is None and self.user is None:
            raise Wrong("anybody could push", "give it a token, or user and password")
        if self.query is not None and self.token is None:
            raise Wrong("the query would carry a token, and there is none", "add 'token: !secret NAME'", ("query",))
        if self.token and len(self.token.get_secret_value()) < SHORTEST_TOKEN:
            raise Wrong(
                f"the token has fewer than {SHORTEST_TOKEN} characters",
                "take what `openssl rand -hex 16` prints",
                ("token",),
            )
        return self

    @property
    def all_secrets(self) -> tuple[bytes, ...]:
        """What must not be shown, should it stand in a body."""
        held = [each.get_secret_value().encode() for each in (self.token, self.password) if each]
        return tuple(each for each in held if each)


OnPush = Callable[[bytes, str], Awaitable[str]]
"""Body and content type → what is answered, once all of it is committed. Raises BadInput, or NotRecorded."""


class PushLink:
    """What a driver with `LINK = "http"` is handed."""

    def __init__(self, device: str, settings: PushSettings) -> None:
        self.device = device
        self.settings = settings
        self.tape = Tape()
        self._on_push: OnPush | None = None
        self._allowance = allowance(settings.burst, 1 / settings.rate)

    async def serve(self, on_push: OnPush) -> None:
        """Take what comes, until cancelled."""
        self._on_push = on_push
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._on_push = None

    async def push(self, body: bytes, content_type: str) -> str:
        """Returns what the device is answered. Raises LinkLost while the driver does not serve, TooMany beyond
        what it may, BadInput, NotRecorded.
        """
        if not self._allowance.admits():
            raise TooMany("too many pushes", 1 / self.settings.rate)
        self.tape.put("in", body, content_type)
        if self._on_push is None:
            raise LinkLost(f"the driver of {self.device} is not running")
        return await self._on_push(body, content_type)


class Pushes:
    """Every device that may push, by its id."""

    def __init__(self) -> None:
        self._links: dict[str, PushLink] = {}
        self._nobody = PushLink("", PushSettings.model_construct())
        self._chance = secrets.token_hex(16)

    def link(self, device: str, settings: PushSettings) -> PushLink:
        made = self._links[device] = PushLink(device, settings)
        return made

    def forget(self, device: str) -> None:
        self._links.pop(device, None)

    def admit(self, device: str, authorization: str, query: Callable[[str], str | None]) -> PushLink | None:
        """The device's link if the request carries its secret; None else, as slowly for a device that there is not."""
        link = self._links.get(device, self._nobody)
        settings = link.settings
        scheme, _, given = authorization.partition(" ")
        by_token = by_password = False
        token = settings.token.get_secret_value() if settings.token else self._chance
        carried = given.strip() if scheme.lower() == "bearer" else (query(settings.query) if settings.query else None)
        by_token = _same(carried or "", token) and settings.token is not None
        password = settings.password.get_secret_value() if settings.password else self._chance
        if scheme.lower() == "basic":
            by_password = _same(_basic(given), f"{settings.user}:{password}") and settings.password is not None
        return link if by_token or by_password else None


def _basic(given: str) -> str:
    try:
        return base64.b64decode(given.strip(), validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _same(one: str, two: str) -> bool:
    """In a time that tells nothing, of their lengths neither."""
    return hmac.compare_digest(*(hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, two)))
