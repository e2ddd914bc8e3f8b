"""Door stations that call the guard room (可视对讲), over SIP. baresip is the engine: gateway/links/sip.

Each station is a device of its own. A call is told as call.started, call.answered and call.ended, with our own id
for it in `call`: `why` it ended is missed, declined, station, guard, desk_phone, unattended, not_answered, given_up
or line_lost. Who is not a station of the YAML is hung up on, and kept for the installer to see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar

import structlog

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import CommandFailed, LinkLost, NotRecorded
from gateway.links.quarantine import LimitedQuarantine
from gateway.model import Command, Device, DeviceType, Json, Signal, Words
from gateway.protocols.sip.calls import StationCall
from gateway.protocols.sip.control import Unreadable
from gateway.protocols.sip.engine import DOWN, Engine
from gateway.protocols.sip.exchange import Exchange
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.orders import Orders, actions
from gateway.protocols.sip.settings import SipSettings

log = structlog.get_logger(__name__)
LOOK_S = 5.0


class SipIntercom(Driver):
    Settings: ClassVar[type[DriverSettings]] = SipSettings
    LINK = "sip"
    TYPE = DeviceType.INTERCOM

    settings: SipSettings
    link: SipLink

    def __init__(self, device: Device, settings: SipSettings, link: SipLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._stations = {station.id: station for station in settings.stations}
        self._orders: Orders | None = None
        self._aside = LimitedQuarantine(emit)

    @classmethod
    def parts(cls, settings: SipSettings) -> Sequence[Part]:
        return [
            Part(station.id, DeviceType.INTERCOM, station.name, station.place, actions=actions(station))
            for station in settings.stations
        ]

    async def run(self) -> None:
        async with self.link.open() as engine:
            board = self.link.board
            exchange = Exchange(engine, board, self.settings.desk_phone, self._tell, self._stranger, self.link.hush)
            self._orders = Orders(engine, board, exchange.news, self._tell)
            try:
                await self._look(engine)
                await self._serve(engine, exchange)
            finally:
                self._orders = None
                await exchange.end_all()

    async def perform(self, command: Command) -> Json | None:
        """Returns once the engine confirmed it; CommandFailed otherwise."""
        station = self._stations.get(command.device)
        if station is None:
            raise CommandFailed(
                Words("请对单个对讲主机下指令", f"device {self.device.id} takes commands at its stations alone")
            )
        if self._orders is None:
            raise CommandFailed(Words(DOWN, f"{station.name}: the telephone engine is down"))
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                return await self._orders.perform(command, station)
        except TimeoutError:
            en = f"{station.name}: {command.action} was not confirmed in time"
            raise CommandFailed(Words("没有及时确认，请重试", en)) from None
        except LinkLost as error:
            raise CommandFailed(Words(Words.of(error.why).zh, f"{station.name}: {error}")) from error

    async def _serve(self, engine: Engine, exchange: Exchange) -> None:
        """LinkLost once the engine hangs or ends."""
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    item = await engine.next()
            except TimeoutError:
                await self._look(engine)
                await exchange.look(self.link.talker)
                continue
            if isinstance(item, Unreadable):
                why = Words(f"对讲引擎：{item.why.zh}", f"from the telephone engine: {item.why.en}")
                await self._aside.put(why, item.data)
                continue
            if item.type in {"REGISTER_OK", "REGISTER_FAIL"}:
                await self._look(engine, item.detail)
            await exchange.take(item)

    async def _look(self, engine: Engine, said: str = "") -> None:
        """Whether it lives, and is let in where it must sign in. A call is not cut for that."""
        signed_in = await engine.signed_in()
        if signed_in or self.settings.registrar is None:
            self.emit.heard()
        elif signed_in is False and not self.link.board.calls:
            en = f"{self.settings.registrar} does not let {self.settings.user} sign in {said}".strip()
            raise LinkLost(Words("对讲服务器不让登录，请通知安装员", en))

    async def _stranger(self, uri: str) -> None:
        why = Words("来电地址不是任何门口机的 uri", "a call from an address that no station has as its uri")
        await self._aside.put(why, uri.encode())

    async def _tell(self, kind: str, call: StationCall, **data: object) -> None:
        """A call goes on whether it is on record or not."""
        said = {"call": call.id, **{key: value for key, value in data.items() if value != ""}}
        source = f"{call.id}/{kind}" if kind.startswith("call.") else None
        try:
            await self.emit(Signal(device=call.station.id, kind=kind, source_id=source, data=said, fresh=True))
        except NotRecorded as error:
            log.error("a call is not on record", station=call.station.id, kind=kind, why=str(error))


DRIVER = SipIntercom
