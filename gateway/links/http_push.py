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
import time
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Annotated, Self

import structlog
from pydantic import Field, model_validator

from gateway.driver import DriverSettings
from gateway.errors import LinkLost, TooMany
from gateway.limits import RateLimit
from gateway.links.capture import Capture
from gateway.links.http_digest import DigestAuthenticator, DigestVerdict
from gateway.model import Words
from gateway.settings.mend import Wrong
from gateway.settings.secrets import Secret

log = structlog.get_logger(__name__)
SHORTEST_TOKEN = 16
LARGEST_PLAIN = 64 * 1024
"""Bytes of a body that can hold no picture."""
LARGEST_PICTURES = 4 * 1024 * 1024
_WITH_PICTURES = ("multipart/", "application/json")


class PushSettings(DriverSettings):
    """What the YAML says about who may push, flat beside the driver's own keys."""

    token: Annotated[Secret | None, Field(description="sent as 'Authorization: Bearer …'; as !secret NAME")] = None
    user: Annotated[str | None, Field(description="for HTTP Digest, or Basic, with password")] = None
    password: Annotated[Secret | None, Field(description="as !secret NAME")] = None
    query: Annotated[
        str | None,
        Field(pattern="^[A-Za-z0-9_]+$", description="also take the token from this key of the address: ?key=…"),
    ] = None
    rate: Annotated[float, Field(gt=0, le=1000, description="pushes a second in the long run; more are to wait")] = 10
    burst: Annotated[int, Field(ge=1, le=10_000, description="pushes at once")] = 100
    largest: Annotated[
        int,
        Field(ge=LARGEST_PLAIN, le=32 * 1024 * 1024, description="bytes of a body with pictures: multipart, or JSON"),
    ] = LARGEST_PICTURES

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

    def largest_of(self, content_type: str) -> int:
        """Bytes that a body of this type may have."""
        return self.largest if content_type.strip().lower().startswith(_WITH_PICTURES) else LARGEST_PLAIN

    @property
    def all_secrets(self) -> tuple[bytes, ...]:
        """What must not be shown, should it stand in a body."""
        held = [each.get_secret_value().encode() for each in (self.token, self.password) if each]
        return tuple(each for each in held if each)


OnPush = Callable[[bytes, str], Awaitable[str]]
"""Body and content type → what is answered, once all of it is committed. Raises BadInput, or NotRecorded."""


OnTooLarge = Callable[[bytes, str], Awaitable[None]]
"""The first bytes of a body that is too large, and how large in words."""


class PushDenied(Enum):
    """Why a request is not let in: it carries no secret, a wrong one, or the right one under an old nonce."""

    NOTHING_GIVEN = "nothing given"
    WRONG = "wrong"
    STALE = "stale"


WRONG_IN_A_ROW, ADMITTED_S = 3, 600.0
"""So many wrong secrets are told, if nobody with the right one came within so many seconds."""
_WRONG_SECRET = Words(
    "其令牌或密码不正确，推送被拒；请把设备上的令牌或密码改成与配置一致",
    "its token or password is wrong and its pushes are refused: make them the same at the device and in the YAML",
)


class PushLink:
    """What a driver with `LINK = "http"` is handed."""

    def __init__(self, device: str, settings: PushSettings) -> None:
        self.device = device
        self.settings = settings
        self.capture = Capture()
        self._on_push: OnPush | None = None
        self._on_too_large: OnTooLarge | None = None
        self._allowance = RateLimit.on_loop_clock(settings.burst, 1 / settings.rate)
        self._traces = RateLimit.on_loop_clock()
        self.on_refused: Callable[[None, Words], None] | None = None
        """Set by the app: told why the device is turned away."""
        self._wrong = 0
        self._admitted_at: float | None = None

    async def serve(self, on_push: OnPush, on_too_large: OnTooLarge | None = None) -> None:
        """Take what comes, until cancelled."""
        self._on_push, self._on_too_large = on_push, on_too_large
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._on_push = self._on_too_large = None

    def admitted(self) -> None:
        """Who came with its secret is the device."""
        self._wrong, self._admitted_at = 0, time.monotonic()

    def wrong_secret(self) -> None:
        """Somebody came with another secret: most likely the device itself, while that is not let in. Of one that is,
        a stranger's guesses say nothing.
        """
        now = time.monotonic()
        if self._admitted_at is not None and now - self._admitted_at < ADMITTED_S:
            return
        self._wrong += 1
        if self._wrong >= WRONG_IN_A_ROW and self.on_refused is not None:
            self.on_refused(None, _WRONG_SECRET)

    async def push(self, body: bytes, content_type: str) -> str:
        """Returns what the device is answered. Raises LinkLost while the driver does not serve, TooMany beyond
        what it may, BadInput, NotRecorded.
        """
        if not self._allowance.admits():
            raise TooMany("too many pushes", 1 / self.settings.rate)
        self.capture.record("in", body, content_type)
        if self._on_push is None:
            raise LinkLost(f"the driver of {self.device} is not running")
        return await self._on_push(body, content_type)

    async def too_large(self, head: bytes, size: str) -> None:
        """A body was refused for its size: its first bytes leave a trace, within an allowance."""
        if not self._traces.admits():
            return
        log.warning("a push is too large", device=self.device, bytes=size, begins=head[:32].hex())
        if self._on_too_large is not None:
            await self._on_too_large(head, size)


class PushRegistry:
    """Every device that may push, by its id."""

    def __init__(self) -> None:
        self._links: dict[str, PushLink] = {}
        self._nobody = PushLink("", PushSettings.model_construct())
        self._chance = secrets.token_hex(16)
        self._digests = DigestAuthenticator()

    def link(self, device: str, settings: PushSettings) -> PushLink:
        made = self._links[device] = PushLink(device, settings)
        return made

    def forget(self, device: str) -> None:
        self._links.pop(device, None)

    def admit(
        self, device: str, authorization: str, query: Callable[[str], str | None], method: str = "POST"
    ) -> PushLink | PushDenied:
        """The device's link if the request carries its secret; else why not, as slowly for a device there is not."""
        link = self._links.get(device, self._nobody)
        verdict = self._judge(link, device, authorization, query, method)
        if verdict is link:
            link.admitted()
        elif verdict is PushDenied.WRONG:
            link.wrong_secret()
        return verdict

    def _judge(
        self, link: PushLink, device: str, authorization: str, query: Callable[[str], str | None], method: str
    ) -> PushLink | PushDenied:
        settings = link.settings
        scheme, _, given = authorization.partition(" ")
        token = settings.token.get_secret_value() if settings.token else self._chance
        carried = given.strip() if scheme.lower() == "bearer" else (query(settings.query) if settings.query else None)
        if _same(carried or "", token) and settings.token is not None:
            return link
        user = settings.user or self._chance
        password = settings.password.get_secret_value() if settings.password else self._chance
        match scheme.lower():
            case "basic" if _same(_basic(given), f"{user}:{password}"):
                return link
            case "digest":
                verdict = self._digests.check(authorization, method, f"/api/v1/push/{device}", user, password)
                return link if verdict is DigestVerdict.RIGHT else PushDenied(verdict.value)
        return PushDenied.WRONG if authorization or carried else PushDenied.NOTHING_GIVEN

    def challenges(self, *, stale: bool) -> list[str]:
        """Values of WWW-Authenticate, for any device and for none."""
        return [*self._digests.challenges(stale=stale), 'Basic realm="anju", charset="UTF-8"']


def _basic(given: str) -> str:
    try:
        return base64.b64decode(given.strip(), validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _same(one: str, two: str) -> bool:
    """In a time that tells nothing, of their lengths neither."""
    return hmac.compare_digest(*(hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, two)))
