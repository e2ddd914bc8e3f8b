"""Door stations that call the guard room (可视对讲) over SIP, with baresip as the engine: gateway/protocols/sip.

Each station is a device of its own. A call is reported as call.started, call.answered and call.ended, with our own id
in `call`. `why` it ended is missed, declined, station, guard, desk_phone, unattended, not_answered, given_up, announced
or line_lost. Callers that are no station of the YAML are hung up on and reported to the quarantine.
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
from gateway.protocols.sip.call_handler import CallHandler
from gateway.protocols.sip.calls import StationCall
from gateway.protocols.sip.commands import CallCommands, actions
from gateway.protocols.sip.control import InvalidMessage
from gateway.protocols.sip.engine import ENGINE_DOWN_ZH, Engine
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.settings import SipSettings

log = structlog.get_logger(__name__)
CHECK_S = 5.0
"""How often the registration is checked while the engine sends no events."""


class SipIntercom(Driver):
    """All stations of one guard room."""

    Settings: ClassVar[type[DriverSettings]] = SipSettings
    LINK = "sip"
    TYPE = DeviceType.INTERCOM

    settings: SipSettings
    link: SipLink

    def __init__(self, device: Device, settings: SipSettings, link: SipLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._stations = {station.id: station for station in settings.stations}
        self._commands: CallCommands | None = None
        self._quarantine = LimitedQuarantine(emit)

    @classmethod
    def parts(cls, settings: SipSettings) -> Sequence[Part]:
        """Its stations."""
        return [
            Part(
                station.id,
                DeviceType.INTERCOM,
                station.name,
                station.place,
                actions=actions(station, settings.sounds),
            )
            for station in settings.stations
        ]

    async def run(self) -> None:
        """Raises LinkLost when the engine hangs or ends, or the registrar rejects us."""
        async with self.link.open() as engine:
            link, calls = self.link, self.link.calls
            handler = CallHandler(
                engine, calls, self.settings.desk_phone, self._emit, self._unknown_caller, link.stop_audio
            )
            self._commands = CallCommands(engine, link, handler.changes, self._emit, self.settings.sounds)
            try:
                await self._check_registration(engine)
                await self._handle_events(engine, handler)
            finally:
                self._commands = None
                await handler.end_all()

    async def perform(self, command: Command) -> Json | None:
        """Returns once the engine has confirmed it; raises CommandFailed otherwise."""
        station = self._stations.get(command.device)
        if station is None:
            raise CommandFailed(
                Words("请对单个对讲主机下指令", f"device {self.device.id} takes commands at its stations alone")
            )
        if self._commands is None:
            raise CommandFailed(Words(ENGINE_DOWN_ZH, f"{station.name}: the telephone engine is down"))
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                return await self._commands.perform(command, station)
        except TimeoutError:
            en = f"{station.name}: {command.action} was not confirmed in time"
            raise CommandFailed(Words("没有及时确认，请重试", en)) from None
        except LinkLost as error:
            raise CommandFailed(Words(Words.of(error.why).zh, f"{station.name}: {error}")) from error

    async def _handle_events(self, engine: Engine, handler: CallHandler) -> None:
        while True:
            try:
                async with asyncio.timeout(CHECK_S):
                    item = await engine.next_event()
            except TimeoutError:
                await self._check_registration(engine)
                await handler.check_attended(self.link.audio_user)
                continue
            if isinstance(item, InvalidMessage):
                why = Words(f"对讲引擎：{item.why.zh}", f"from the telephone engine: {item.why.en}")
                await self._quarantine.put(why, item.data)
                continue
            if item.type in {"REGISTER_OK", "REGISTER_FAIL"}:
                await self._check_registration(engine, item.detail)
            await handler.handle(item)

    async def _check_registration(self, engine: Engine, detail: str = "") -> None:
        """Check that the engine responds and, with a registrar, that it is registered."""
        registered = await engine.registered()
        # None while registration is under way: neither online nor lost.
        if registered or self.settings.registrar is None:
            self.emit.heard()
        # A current call goes on without registration: do not restart the engine then.
        elif registered is False and not self.link.calls.active:
            en = f"{self.settings.registrar} does not let {self.settings.user} sign in {detail}".strip()
            raise LinkLost(Words("对讲服务器不让登录，请通知安装员", en))

    async def _unknown_caller(self, uri: str) -> None:
        why = Words("来电地址不是任何门口机的 uri", "a call from an address that no station has as its uri")
        await self._quarantine.put(why, uri.encode())

    async def _emit(self, kind: str, call: StationCall, **data: object) -> None:
        """Emit a signal of a call. A call goes on even if the signal is not recorded."""
        fields = {"call": call.id, **{key: value for key, value in data.items() if value != ""}}
        source = f"{call.id}/{kind}" if kind.startswith("call.") else None
        try:
            await self.emit(Signal(device=call.station.id, kind=kind, source_id=source, data=fields, fresh=True))
        except NotRecorded as error:
            log.error("a call signal was not recorded", station=call.station.id, kind=kind, why=str(error))


DRIVER = SipIntercom
