"""A pull-point: the camera keeps its events until it is asked, and answers as soon as there is one (Core 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import BadInput, LinkLost
from gateway.model import Said
from gateway.protocols.onvif.address import at_home
from gateway.protocols.onvif.camera import Camera
from gateway.protocols.onvif.event import Event, read_event

LIFE = timedelta(seconds=60)
"""How long the camera keeps a subscription that nobody renews."""
WAIT = timedelta(seconds=15)
"""How long it may wait for an event before it answers with none: so often it is heard at least."""
MOST_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one question brought; `unread` says what of it could not be read, with the bytes it came in."""

    events: Sequence[Event] = ()
    unread: Sequence[Said] = ()
    raw: bytes = field(default=b"", repr=False)


class PullPoint:
    """One subscription; made by `subscribe`."""

    def __init__(self, puller: Any, manager: Any, marks: Sequence[Any], camera: Camera) -> None:
        self._puller = puller
        self._manager = manager
        self._marks = list(marks)
        self._camera = camera

    async def pull(self) -> Pulled:
        """Waits up to WAIT; raises LinkLost when the subscription or the camera is gone."""
        try:
            said = await self._puller.ask(
                "PullMessages",
                wait_s=WAIT.total_seconds(),
                Timeout=WAIT,
                MessageLimit=MOST_MESSAGES,
                **self._headers(),
            )
        except BadInput as error:
            return Pulled(unread=[error.why], raw=error.data)
        await self._keep(said)
        return _pulled(list(getattr(said, "NotificationMessage", None) or ()), self._puller.last)

    async def _keep(self, said: Any) -> None:
        """Renew when less than half is left; many cameras prolong with every pull, and need it never."""
        left = _left(said)
        if left is not None and left > LIFE / 2:
            return
        until = f"PT{LIFE.seconds}S"
        if left is not None and left <= timedelta():  # one that takes no relative time
            until = (datetime.now(UTC) + self._camera.skew + LIFE).strftime("%Y-%m-%dT%H:%M:%SZ")
        with suppress(BadInput):
            await self._manager.ask("Renew", TerminationTime=until, **self._headers())

    async def close(self) -> None:
        """Tell the camera; it may be gone."""
        with suppress(BadInput, LinkLost):
            await self._manager.ask("Unsubscribe", **self._headers())

    def _headers(self) -> dict[str, Any]:
        return {"_soapheaders": self._marks} if self._marks else {}


@asynccontextmanager
async def subscribe(camera: Camera) -> AsyncIterator[PullPoint]:
    """Raises LinkLost when the camera has no pull-point, or no place for one more."""
    events = await camera.service("events")
    said = await events.ask("CreatePullPointSubscription", InitialTerminationTime=f"PT{LIFE.seconds}S")
    reference = getattr(said, "SubscriptionReference", None)
    address = getattr(getattr(reference, "Address", None), "_value_1", None)
    where = at_home(str(address or ""), camera.login.address, "http", "https")
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


def _pulled(notifications: Sequence[Any], raw: bytes) -> Pulled:
    events, unread = [], []
    for notification in notifications[: 2 * MOST_MESSAGES]:
        try:
            events.append(read_event(notification))
        except BadInput as error:
            unread.append(error.why)
    return Pulled(events, unread, raw if unread else b"")
