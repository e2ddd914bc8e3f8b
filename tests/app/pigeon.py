"""A third party's link and its driver, as small as they can be: pigeons carry what a loft reports."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from gateway.driver import Driver, DriverSettings
from gateway.errors import LinkLost
from gateway.links.capture import Capture
from gateway.links.contract import LinkFactory, LinkHooks, LinkRequest
from gateway.model import Signal, Words


class PigeonSettings(DriverSettings):
    loft: str


class PigeonLink:
    """Messages are `put` by whoever keeps the pigeons."""

    def __init__(self, loft: str) -> None:
        self.loft = loft
        self.capture = Capture()
        self.on_heard: Callable[[], None] | None = None
        self.on_refused: Callable[[None, Words], None] | None = None
        self._messages: asyncio.Queue[bytes] = asyncio.Queue()

    def put(self, message: bytes) -> None:
        self.capture.record("in", message, self.loft)
        if self.on_heard is not None:
            self.on_heard()
        self._messages.put_nowait(message)

    async def get(self) -> bytes:
        return await self._messages.get()


class PigeonLinkFactory(LinkFactory[PigeonLink]):
    def __init__(self) -> None:
        self.links: dict[str, PigeonLink] = {}

    def make(self, request: LinkRequest) -> PigeonLink:
        match request.settings.loft:
            case "burnt":
                raise LinkLost(Words("鸽舍烧了", "the loft is burnt"))
            case "cursed":
                raise ZeroDivisionError("a bug")
        made = self.links[request.device] = PigeonLink(request.settings.loft)
        return made

    def connect(self, link: PigeonLink, hooks: LinkHooks) -> None:
        link.on_heard, link.on_refused = hooks.heard, hooks.refused

    def capture(self, link: PigeonLink) -> Capture:
        return link.capture

    def unlink(self, device: str) -> None:
        if device == "cursed":
            raise ZeroDivisionError("a bug")
        self.links.pop(device, None)


class PigeonLoft(Driver):
    Settings = PigeonSettings
    LINK = "tests.app.pigeon"
    link: PigeonLink

    async def run(self) -> None:
        while True:
            kind = (await self.link.get()).decode()
            await self.emit(Signal(device=self.device.id, kind=kind))


DRIVER: Any = PigeonLoft
LINK = PigeonLinkFactory
