"""The simulated camera: one HTTP server for its services, its subscriptions and its snapshot."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from aiohttp import web

from gateway.simulator.onvif import responses, soap
from gateway.simulator.onvif.digest import DigestAuth

MAX_QUEUED = 200
_SECONDS = re.compile(r"PT(\d+(?:\.\d+)?)S")


@dataclass(frozen=True, slots=True)
class CameraAccount:
    """The camera's only user."""

    user: str
    password: str = field(repr=False)


@dataclass
class Subscription:
    """One subscription; it expires unless it is renewed. `reference` must come back with every request for it."""

    reference: str
    until: datetime
    queue: list[str] = field(default_factory=list)
    notified: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class OnvifCameraTwin:
    """`clock_ahead` is how far its clock is ahead, `host` the host it reports as its own; `calls` counts operations."""

    account: CameraAccount
    picture: bytes = b""
    clock_ahead: timedelta = timedelta()
    host: str | None = None
    is_old: bool = False
    calls: Counter[str] = field(default_factory=Counter)
    port: int = 0
    points: dict[str, Subscription] = field(default_factory=dict)
    _properties: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        """By its own clock."""
        return datetime.now(UTC) + self.clock_ahead

    @property
    def address(self) -> str:
        """Its device service."""
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    @property
    def base(self) -> str:
        """The address that it reports as its own."""
        return f"http://{self.host or f'127.0.0.1:{self.port}'}"

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[OnvifCameraTwin]:
        """Listens on 127.0.0.1 until the block is left."""
        app = web.Application()
        auth = DigestAuth(self.account.user, self.account.password)
        app.router.add_post("/onvif/{path:.*}", self._handle_post)
        app.router.add_get("/snapshot.jpg", auth.protect(self._handle_snapshot))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    def set_property(self, topic: str, item: str, value: str, source: Mapping[str, str] | None = None) -> None:
        """A property changed: notify every subscriber, and each later one at its start."""
        source = source or {"VideoSourceConfigurationToken": "1"}
        self._properties[topic, item] = soap.notification(topic, "Initialized", source, {item: value}, self.now)
        self.notify(soap.notification(topic, "Changed", source, {item: value}, self.now))

    def notify(self, notification: str) -> None:
        """Send any notification, as XML, to every subscriber."""
        for point in self.points.values():
            # As cameras do: what is not pulled is dropped.
            if len(point.queue) < MAX_QUEUED:
                point.queue.append(notification)
            point.notified.set()

    def drop_subscriptions(self) -> None:
        """As a restart of the camera does."""
        for point in self.points.values():
            point.notified.set()
        self.points.clear()

    async def _handle_snapshot(self, _request: web.Request) -> web.Response:
        self.calls["snapshot"] += 1
        return web.Response(body=self.picture, content_type="image/jpeg")

    async def _handle_post(self, request: web.Request) -> web.Response:
        try:
            call = soap.parse_request(await request.read())
        except ValueError as error:
            return _soap_response(soap.fault("ter:WellFormed", str(error)), 400)
        self.calls[call.operation] += 1
        needs_user = call.operation != "GetSystemDateAndTime"
        if needs_user and not soap.is_authenticated(call, self.account.user, self.account.password, self.now):
            return _soap_response(soap.fault("ter:NotAuthorized", "Sender not authorized"), 400)
        body = await self._handle(request.match_info["path"], call)
        if body is None:
            return _soap_response(soap.fault("ter:ActionNotSupported", f"{call.operation} is not supported"), 400)
        return _soap_response(soap.envelope(body), 200)

    async def _handle(self, path: str, call: soap.SoapRequest) -> str | None:
        """The response's body; None for a fault."""
        if path.startswith("subscription/"):
            return await self._handle_subscription(path.rpartition("/")[2], call)
        handlers: dict[str, Callable[[], str]] = {
            "GetSystemDateAndTime": lambda: responses.clock(self.now),
            "GetCapabilities": lambda: responses.capabilities(self.base),
            "GetDeviceInformation": responses.information,
            "GetProfiles": responses.profiles,
            "GetStreamUri": lambda: responses.media_uri("GetStreamUri", self._stream(call)),
            "GetSnapshotUri": lambda: responses.media_uri("GetSnapshotUri", f"{self.base}/snapshot.jpg"),
            "CreatePullPointSubscription": lambda: self._subscribe(call),
        }
        if not self.is_old:
            handlers["GetServices"] = lambda: responses.services(self.base)
        handler = handlers.get(call.operation)
        return handler() if handler else None

    def _stream(self, call: soap.SoapRequest) -> str:
        return f"rtsp://127.0.0.1:554/{call.arguments.get('ProfileToken', '')}"

    def _subscribe(self, call: soap.SoapRequest) -> str:
        name = secrets.token_hex(4)
        until = self.now + _duration(call.arguments.get("InitialTerminationTime", ""))
        self.points[name] = Subscription(secrets.token_hex(4), until, list(self._properties.values()))
        return (
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
            f"<wsa:Address>{self.base}/onvif/subscription/{name}</wsa:Address><wsa:ReferenceParameters>"
            f"<twin:Mark>{self.points[name].reference}</twin:Mark></wsa:ReferenceParameters></tev:SubscriptionReference>"
            f"{self._times('wsnt', until)}</tev:CreatePullPointSubscriptionResponse>"
        )

    async def _handle_subscription(self, name: str, call: soap.SoapRequest) -> str | None:
        point = self.points.get(name)
        # Wrong reference parameters are as bad as an unknown subscription.
        if point is None or call.reference() != point.reference or point.until < self.now:
            return None
        match call.operation:
            case "PullMessages":
                return await self._pull(point, call)
            case "Renew":
                point.until = self.now + _duration(call.arguments.get("TerminationTime", ""))
                return (
                    f"<wsnt:RenewResponse><wsnt:TerminationTime>{soap.stamp(point.until)}</wsnt:TerminationTime>"
                    f"<wsnt:CurrentTime>{soap.stamp(self.now)}</wsnt:CurrentTime></wsnt:RenewResponse>"
                )
            case "Unsubscribe":
                del self.points[name]
                return "<wsnt:UnsubscribeResponse/>"
        return None

    async def _pull(self, point: Subscription, call: soap.SoapRequest) -> str | None:
        if not point.queue:
            point.notified.clear()
            try:
                async with asyncio.timeout(_duration(call.arguments.get("Timeout", "")).total_seconds()):
                    await point.notified.wait()
            except TimeoutError:
                pass
        # Dropped while the pull was waiting.
        if point not in self.points.values():
            return None
        body, point.queue = "".join(point.queue), []
        times = self._times("tev", point.until)
        return f"<tev:PullMessagesResponse>{times}{body}</tev:PullMessagesResponse>"

    def _times(self, prefix: str, until: datetime) -> str:
        return (
            f"<{prefix}:CurrentTime>{soap.stamp(self.now)}</{prefix}:CurrentTime>"
            f"<{prefix}:TerminationTime>{soap.stamp(until)}</{prefix}:TerminationTime>"
        )


def _duration(text: str) -> timedelta:
    found = _SECONDS.fullmatch(text)
    return timedelta(seconds=float(found[1]) if found else 60)


def _soap_response(body: bytes, status: int) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/soap+xml", charset="utf-8")
