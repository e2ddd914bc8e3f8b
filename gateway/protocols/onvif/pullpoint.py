"""Pull-point subscriptions: the camera queues its events and returns them when they are pulled (Core 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.errors import BadInput, LinkLost
from gateway.model import Text
from gateway.protocols.onvif.address import on_camera_host
from gateway.protocols.onvif.client import OnvifClient
from gateway.protocols.onvif.event import OnvifEvent, parse_notification

SUBSCRIPTION_LIFETIME = timedelta(seconds=60)
"""How long the camera keeps a subscription that is not renewed."""
PULL_TIMEOUT = timedelta(seconds=15)
"""How long the camera waits for an event before it responds with none; the camera is heard at least this often."""
MAX_MESSAGES = 100


@dataclass(frozen=True, slots=True)
class PullResult:
    """The result of one pull; `unreadable` is why some could not be parsed, `raw` is the response if there is any."""

    events: Sequence[OnvifEvent] = ()
    unreadable: Sequence[Text] = ()
    raw: bytes = field(default=b"", repr=False)


class PullPoint:
    """One subscription; made by `subscribe`."""

    def __init__(self, puller: Any, manager: Any, reference_parameters: Sequence[Any], client: OnvifClient) -> None:
        self._puller = puller
        self._manager = manager
        self._reference_parameters = list(reference_parameters)
        self._client = client

    async def pull(self) -> PullResult:
        """Waits up to PULL_TIMEOUT; raises LinkLost when the subscription or the camera is lost."""
        try:
            response = await self._puller.call(
                "PullMessages",
                wait_s=PULL_TIMEOUT.total_seconds(),
                Timeout=PULL_TIMEOUT,
                MessageLimit=MAX_MESSAGES,
                **self._headers(),
            )
        except BadInput as error:
            return PullResult(unreadable=[error.why], raw=error.data)
        await self._renew_if_due(response)
        return _parse(list(getattr(response, "NotificationMessage", None) or ()), self._puller.last_response)

    async def _renew_if_due(self, response: Any) -> None:
        """Renew when less than half of the lifetime is left. Many cameras extend it with every pull."""
        left = _time_left(response)
        if left is not None and left > SUBSCRIPTION_LIFETIME / 2:
            return
        until = f"PT{SUBSCRIPTION_LIFETIME.seconds}S"
        if left is not None and left <= timedelta():  # a camera that does not support relative times
            until = (datetime.now(UTC) + self._client.skew + SUBSCRIPTION_LIFETIME).strftime("%Y-%m-%dT%H:%M:%SZ")
        with suppress(BadInput):
            await self._manager.call("Renew", TerminationTime=until, **self._headers())

    async def close(self) -> None:
        """Unsubscribe; a camera that is lost is ignored."""
        with suppress(BadInput, LinkLost):
            await self._manager.call("Unsubscribe", **self._headers())

    def _headers(self) -> dict[str, Any]:
        """WS-Addressing: the subscription's reference parameters must be in the header of every request."""
        return {"_soapheaders": self._reference_parameters} if self._reference_parameters else {}


@asynccontextmanager
async def subscribe(client: OnvifClient) -> AsyncIterator[PullPoint]:
    """Raises LinkLost when the camera supports no pull-point, or no further subscription."""
    events = await client.service("events")
    lifetime = f"PT{SUBSCRIPTION_LIFETIME.seconds}S"
    response = await events.call("CreatePullPointSubscription", InitialTerminationTime=lifetime)
    reference = getattr(response, "SubscriptionReference", None)
    given = getattr(getattr(reference, "Address", None), "_value_1", None)
    address = on_camera_host(str(given or ""), client.login.address, "http", "https")
    parameters = getattr(getattr(reference, "ReferenceParameters", None), "_value_1", None) or ()
    puller, manager = await client.service("pullpoint", address), await client.service("subscription", address)
    point = PullPoint(puller, manager, parameters, client)
    try:
        yield point
    finally:
        await point.close()


def _time_left(response: Any) -> timedelta | None:
    """The remaining lifetime by the camera's own clock; None if the response has no times."""
    now, end = getattr(response, "CurrentTime", None), getattr(response, "TerminationTime", None)
    if not isinstance(now, datetime) or not isinstance(end, datetime):
        return None
    # Some cameras give one of the two without a time zone.
    return end.replace(tzinfo=None) - now.replace(tzinfo=None) if not (now.tzinfo and end.tzinfo) else end - now


def _parse(notifications: Sequence[Any], raw: bytes) -> PullResult:
    events, unreadable = [], []
    # Some cameras exceed the limit that they were given; bounded all the same.
    for notification in notifications[: 2 * MAX_MESSAGES]:
        try:
            events.append(parse_notification(notification))
        except BadInput as error:
            unreadable.append(error.why)
    return PullResult(events, unreadable, raw if unreadable else b"")
