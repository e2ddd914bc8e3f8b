"""A pull-point: the camera keeps its events until it is asked, and answers as soon as there is one (Core 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import BadInput, LinkLost
from gateway.model import Said
from gateway.protocols.onvif.address import on_camera_host
from gateway.protocols.onvif.client import OnvifClient
from gateway.protocols.onvif.event import OnvifEvent, parse_notification

SUBSCRIPTION_LIFETIME = timedelta(seconds=60)
"""How long the camera keeps a subscription that nobody renews."""
PULL_TIMEOUT = timedelta(seconds=15)
"""How long it may wait for an event before it answers with none: so often it is heard at least."""
MAX_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class PullResult:
    """What one question brought; `unread` says what of it could not be read, with the bytes it came in."""

    events: Sequence[OnvifEvent] = ()
    unread: Sequence[Said] = ()
    raw: bytes = field(default=b"", repr=False)


class PullPoint:
    """One subscription; made by `subscribe`."""

    def __init__(self, puller: Any, manager: Any, marks: Sequence[Any], camera: OnvifClient) -> None:
        self._puller = puller
        self._manager = manager
        self._marks = list(marks)
        self._camera = camera

    async def pull(self) -> PullResult:
        """Waits up to WAIT; raises LinkLost when the subscription or the camera is gone."""
        try:
            said = await self._puller.ask(
                "PullMessages",
                wait_s=PULL_TIMEOUT.total_seconds(),
                Timeout=PULL_TIMEOUT,
                MessageLimit=MAX_MESSAGES,
                **self._headers(),
            )
        except BadInput as error:
            return PullResult(unread=[error.why], raw=error.data)
        await self._keep(said)
        return _pulled(list(getattr(said, "NotificationMessage", None) or ()), self._puller.last)

    async def _keep(self, said: Any) -> None:
        """Renew when less than half is left; many cameras prolong with every pull, and need it never."""
        left = _left(said)
        if left is not None and left > SUBSCRIPTION_LIFETIME / 2:
            return
        until = f"PT{SUBSCRIPTION_LIFETIME.seconds}S"
        if left is not None and left <= timedelta():  # one that takes no relative time
            until = (datetime.now(UTC) + self._camera.skew + SUBSCRIPTION_LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ")
        with suppress(BadInput):
            await self._manager.ask("Renew", TerminationTime=until, **self._headers())

    async def close(self) -> None:
        """Tell the camera; it may be gone."""
        with suppress(BadInput, LinkLost):
            await self._manager.ask("Unsubscribe", **self._headers())

    def _headers(self) -> dict[str, Any]:
        return {"_soapheaders": self._marks} if self._marks else {}


@asynccontextmanager
async def subscribe(camera: OnvifClient) -> AsyncIterator[PullPoint]:
    """Raises LinkLost when the camera has no pull-point, or no place for one more."""
    events = await camera.service("events")
    said = await events.ask("CreatePullPointSubscription", InitialTerminationTime=f"PT{SUBSCRIPTION_LIFETIME.seconds}S")
    reference = getattr(said, "SubscriptionReference", None)
    address = getattr(getattr(reference, "Address", None), "_value_1", None)
    where = on_camera_host(str(address or ""), camera.login.address, "http", "https")
    marks = getattr(getattr(reference, "ReferenceParameters", None), "_value_1", None) or ()
    puller, manager = await camera.service("pullpoint", where), await camera.service("subscription", where)
    point = PullPoint(puller, manager, marks, camera)
    try:
        yield point
    finally:
        await point.close()


def _left(said: Any) -> timedelta | None:
    """What is left of the subscription by the camera's own clock; None when it does not say."""
    now, end = getattr(said, "CurrentTime", None), getattr(said, "TerminationTime", None)
    if not isinstance(now, datetime) or not isinstance(end, datetime):
        return None
    return end.replace(tzinfo=None) - now.replace(tzinfo=None) if not (now.tzinfo and end.tzinfo) else end - now


def _pulled(notifications: Sequence[Any], raw: bytes) -> PullResult:
    events, unread = [], []
    for notification in notifications[: 2 * MAX_MESSAGES]:
        try:
            events.append(parse_notification(notification))
        except BadInput as error:
            unread.append(error.why)
    return PullResult(events, unread, raw if unread else b"")
