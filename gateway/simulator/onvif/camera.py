"""The camera: one HTTP server for its services, its pull-points and its picture."""

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
from gateway.simulator.onvif.digest import Challenge

MOST_WAITING = 200
_SECONDS = re.compile(r"PT(\d+(?:\.\d+)?)S")


@dataclass(frozen=True, slots=True)
class CameraAccount:
    user: str
    password: str = field(repr=False)


@dataclass
class PullPoint:
    """One subscription: it dies unless it is asked or renewed in time."""

    mark: str
    until: datetime
    waiting: list[str] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class OnvifCamera:
    """`ahead` is what its clock is ahead; `host` what it believes to be called; `asked` counts operations."""

    account: CameraAccount
    picture: bytes = b""
    ahead: timedelta = timedelta()
    host: str | None = None
    is_old: bool = False
    asked: Counter[str] = field(default_factory=Counter)
    port: int = 0
    points: dict[str, PullPoint] = field(default_factory=dict)
    _lasting: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/onvif/device_service"

    @property
    def base(self) -> str:
        return f"http://{self.host or f'127.0.0.1:{self.port}'}"

    @asynccontextmanager
    async def serve(self, port: int = 0) -> AsyncIterator[OnvifCamera]:
        """Listens on 127.0.0.1 until the context ends."""
        app = web.Application()
        challenge = Challenge(self.account.user, self.account.password)
        app.router.add_post("/onvif/{path:.*}", self._answer)
        app.router.add_get("/snapshot.jpg", challenge.guard(self._show))
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    def say(self, topic: str, item: str, value: str, source: Mapping[str, str] | None = None) -> None:
        """A property changed: tell every subscriber, and each one that comes."""
        source = source or {"VideoSourceConfigurationToken": "1"}
        self._lasting[topic, item] = soap.notification(topic, "Initialized", source, {item: value}, self.now)
        self.tell(soap.notification(topic, "Changed", source, {item: value}, self.now))

    def tell(self, notification: str) -> None:
        """Any notification, as XML."""
        for point in self.points.values():
            if len(point.waiting) < MOST_WAITING:
                point.waiting.append(notification)
            point.came.set()

    def forget(self) -> None:
        """What a restart does: every subscription is gone."""
        for point in self.points.values():
            point.came.set()
        self.points.clear()

    async def _show(self, _request: web.Request) -> web.Response:
        self.asked["snapshot"] += 1
        return web.Response(body=self.picture, content_type="image/jpeg")

    async def _answer(self, request: web.Request) -> web.Response:
        try:
            question = soap.read(await request.read())
        except ValueError as error:
            return _sent(soap.fault("ter:WellFormed", str(error)), 400)
        self.asked[question.operation] += 1
        needs_user = question.operation != "GetSystemDateAndTime"
        if needs_user and not soap.knows(question, self.account.user, self.account.password, self.now):
            return _sent(soap.fault("ter:NotAuthorized", "Sender not authorized"), 400)
        said = await self._about(request.match_info["path"], question)
        if said is None:
            return _sent(soap.fault("ter:ActionNotSupported", f"{question.operation} is not supported"), 400)
        return _sent(soap.envelope(said), 200)

    async def _about(self, path: str, question: soap.Question) -> str | None:
        """The answer's body; None: a fault."""
        if path.startswith("subscription/"):
            return await self._about_point(path.rpartition("/")[2], question)
        known: dict[str, Callable[[], str]] = {
            "GetSystemDateAndTime": lambda: responses.clock(self.now),
            "GetCapabilities": lambda: responses.capabilities(self.base),
            "GetDeviceInformation": responses.information,
            "GetProfiles": responses.profiles,
            "GetStreamUri": lambda: responses.media_uri("GetStreamUri", self._stream(question)),
            "GetSnapshotUri": lambda: responses.media_uri("GetSnapshotUri", f"{self.base}/snapshot.jpg"),
            "CreatePullPointSubscription": lambda: self._subscribe(question),
        }
        if not self.is_old:
            known["GetServices"] = lambda: responses.services(self.base)
        answer = known.get(question.operation)
        return answer() if answer else None

    def _stream(self, question: soap.Question) -> str:
        return f"rtsp://127.0.0.1:554/{question.arguments.get('ProfileToken', '')}"

    def _subscribe(self, question: soap.Question) -> str:
        name = secrets.token_hex(4)
        until = self.now + _length(question.arguments.get("InitialTerminationTime", ""))
        self.points[name] = PullPoint(secrets.token_hex(4), until, list(self._lasting.values()))
        return (
            "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>"
            f"<wsa:Address>{self.base}/onvif/subscription/{name}</wsa:Address><wsa:ReferenceParameters>"
            f"<twin:Mark>{self.points[name].mark}</twin:Mark></wsa:ReferenceParameters></tev:SubscriptionReference>"
            f"{self._times('wsnt', until)}</tev:CreatePullPointSubscriptionResponse>"
        )

    async def _about_point(self, name: str, question: soap.Question) -> str | None:
        point = self.points.get(name)
        if point is None or question.mark() != point.mark or point.until < self.now:
            return None
        match question.operation:
            case "PullMessages":
                return await self._pull(point, question)
            case "Renew":
                point.until = self.now + _length(question.arguments.get("TerminationTime", ""))
                return (
                    f"<wsnt:RenewResponse><wsnt:TerminationTime>{soap.stamp(point.until)}</wsnt:TerminationTime>"
                    f"<wsnt:CurrentTime>{soap.stamp(self.now)}</wsnt:CurrentTime></wsnt:RenewResponse>"
                )
            case "Unsubscribe":
                del self.points[name]
                return "<wsnt:UnsubscribeResponse/>"
        return None

    async def _pull(self, point: PullPoint, question: soap.Question) -> str | None:
        if not point.waiting:
            point.came.clear()
            try:
                async with asyncio.timeout(_length(question.arguments.get("Timeout", "")).total_seconds()):
                    await point.came.wait()
            except TimeoutError:
                pass
        if point not in self.points.values():
            return None
        said, point.waiting = "".join(point.waiting), []
        times = self._times("tev", point.until)
        return f"<tev:PullMessagesResponse>{times}{said}</tev:PullMessagesResponse>"

    def _times(self, prefix: str, until: datetime) -> str:
        return (
            f"<{prefix}:CurrentTime>{soap.stamp(self.now)}</{prefix}:CurrentTime>"
            f"<{prefix}:TerminationTime>{soap.stamp(until)}</{prefix}:TerminationTime>"
        )


def _length(text: str) -> timedelta:
    found = _SECONDS.fullmatch(text)
    return timedelta(seconds=float(found[1]) if found else 60)


def _sent(body: bytes, status: int) -> web.Response:
    return web.Response(body=body, status=status, content_type="application/soap+xml", charset="utf-8")
