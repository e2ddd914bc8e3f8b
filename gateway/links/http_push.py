"""Devices that can only POST: each pushes to its own address, with the token or password of its YAML.

The web calls `PushRegistry.authenticate` with what the request carries, and `PushLink.push` with its body. Both live
here, so that the web knows nothing of drivers, and drivers nothing of the web.
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

import structlog

from gateway.errors import LinkLost, TooMany
from gateway.limits import RateLimit
from gateway.links.capture import Capture
from gateway.links.http_digest import DigestAuthenticator, DigestVerdict
from gateway.links.http_push_settings import PushSettings
from gateway.model import Words

log = structlog.get_logger(__name__)
OnPush = Callable[[bytes, str], Awaitable[str]]
"""Body and content type → the answer, once all of it is committed. Raises BadInput, or NotRecorded."""
OnTooLarge = Callable[[bytes, str], Awaitable[None]]
"""The first bytes of a body that is too large, and its size in words."""


class PushDenied(Enum):
    """Why a request is denied: it carries no secret, a wrong one, or the right one with an outdated nonce."""

    NOTHING_GIVEN = "nothing given"
    WRONG = "wrong"
    STALE = "stale"


MIN_WRONG_SECRETS, AUTHENTICATED_FOR_S = 3, 600.0
"""So many wrong secrets are reported, if there was no right one within so many seconds."""
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
        self._limit = RateLimit.on_loop_clock(settings.burst, 1 / settings.rate)
        self._too_large_limit = RateLimit.on_loop_clock()
        self.on_refused: Callable[[None, Words], None] | None = None
        """Set by the app: called with why the device is refused."""
        self._wrong_secrets = 0
        self._authenticated_at: float | None = None

    async def serve(self, on_push: OnPush, on_too_large: OnTooLarge | None = None) -> None:
        """Pass all pushes to the driver, until cancelled."""
        self._on_push, self._on_too_large = on_push, on_too_large
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            self._on_push = self._on_too_large = None

    def authenticated(self) -> None:
        """A request carried the right secret: it is from the device."""
        self._wrong_secrets, self._authenticated_at = 0, time.monotonic()

    def wrong_secret(self) -> None:
        """A request carried a wrong secret. Most likely it is from the device itself, configured wrongly.

        Not if the device was authenticated a short time ago: then somebody else guesses.
        """
        now = time.monotonic()
        if self._authenticated_at is not None and now - self._authenticated_at < AUTHENTICATED_FOR_S:
            return
        self._wrong_secrets += 1
        if self._wrong_secrets >= MIN_WRONG_SECRETS and self.on_refused is not None:
            self.on_refused(None, _WRONG_SECRET)

    async def push(self, body: bytes, content_type: str) -> str:
        """Returns the answer for the device.

        Raises LinkLost while the driver does not run, TooMany beyond the device's rate, BadInput, NotRecorded.
        """
        if not self._limit.admits():  # before anything is parsed or captured
            raise TooMany("too many pushes", 1 / self.settings.rate)
        self.capture.record("in", body, content_type)
        if self._on_push is None:  # the web answers 503, and the device tries again
            raise LinkLost(f"the driver of {self.device} is not running")
        return await self._on_push(body, content_type)

    async def too_large(self, head: bytes, size: str) -> None:
        """A body was refused for its size: log and report its first bytes, at a limited rate."""
        if not self._too_large_limit.admits():
            return
        log.warning("push too large", device=self.device, bytes=size, begins=head[:32].hex())
        if self._on_too_large is not None:
            await self._on_too_large(head, size)


class PushRegistry:
    """Every device that may push, by its id."""

    def __init__(self) -> None:
        self._links: dict[str, PushLink] = {}
        self._unknown_device = PushLink("", PushSettings.model_construct())
        self._no_secret = secrets.token_hex(16)
        """Compared where there is no secret, so that the comparison takes as long; nobody knows it."""
        self._digest = DigestAuthenticator()

    def link(self, device: str, settings: PushSettings) -> PushLink:
        """The link of a device, in place of an earlier one."""
        made = self._links[device] = PushLink(device, settings)
        return made

    def forget(self, device: str) -> None:
        """The device was removed."""
        self._links.pop(device, None)

    def authenticate(
        self, device: str, authorization: str, query: Callable[[str], str | None], method: str = "POST"
    ) -> PushLink | PushDenied:
        """The device's link if the request carries its secret; else why not.

        Takes as long for a device that does not exist, so that nobody can find out which ones do.
        """
        link = self._links.get(device, self._unknown_device)
        verdict = self._check(link, device, authorization, query, method)
        if verdict is link:
            link.authenticated()
        elif verdict is PushDenied.WRONG:
            link.wrong_secret()
        return verdict

    def _check(
        self, link: PushLink, device: str, authorization: str, query: Callable[[str], str | None], method: str
    ) -> PushLink | PushDenied:
        settings = link.settings
        scheme, _, credentials = authorization.partition(" ")
        token = settings.token.get_secret_value() if settings.token else self._no_secret
        from_query = query(settings.query) if settings.query else None
        carried = credentials.strip() if scheme.lower() == "bearer" else from_query
        # Always compared, also where there is no token; see `_no_secret`.
        if _same(carried or "", token) and settings.token is not None:
            return link
        user = settings.user or self._no_secret
        password = settings.password.get_secret_value() if settings.password else self._no_secret
        match scheme.lower():
            case "basic" if _same(_basic(credentials), f"{user}:{password}"):
                return link
            case "digest":
                verdict = self._digest.check(authorization, method, f"/api/v1/push/{device}", user, password)
                return link if verdict is DigestVerdict.RIGHT else PushDenied(verdict.value)
        return PushDenied.WRONG if authorization or carried else PushDenied.NOTHING_GIVEN

    def challenges(self, *, stale: bool) -> list[str]:
        """Values of WWW-Authenticate, the same for every device, existing or not."""
        return [*self._digest.challenges(stale=stale), 'Basic realm="anju", charset="UTF-8"']


def _basic(credentials: str) -> str:
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode("utf-8", "replace")
    except ValueError:
        return ""


def _same(one: str, two: str) -> bool:
    """Compared as hashes, in constant time: the time says nothing, not even about their lengths."""
    return hmac.compare_digest(*(hashlib.sha256(text.encode("utf-8", "replace")).digest() for text in (one, two)))
