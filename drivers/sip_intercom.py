"""Door stations that call the guard room (可视对讲), over SIP. baresip is the engine: gateway/links/sip.

Each station is a device of its own. A call is told as call.started, call.answered and call.ended, with our own id
for it in `call`: `why` it ended is missed, declined, station, guard, desk_phone, unattended, not_answered, given_up
or line_lost. Who is not a station of the YAML is hung up on, and kept for the installer to see.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from typing import Any, ClassVar

import structlog

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import CommandFailed, LinkLost, NotRecorded
from gateway.links.allowance import Aside
from gateway.links.sip.board import BROWSER, DESK_PHONE, WHY_LOST, Stand, StationCall
from gateway.links.sip.control import Event, Unreadable
from gateway.links.sip.desk import Desk, Wish
from gateway.links.sip.engine import Engine
from gateway.links.sip.link import SipLink
from gateway.links.sip.settings import SipSettings, Station
from gateway.model import Command, Device, DeviceType, Json, Signal

log = structlog.get_logger(__name__)
LOOK_S = 5.0
ALONE_S = 30.0
"""An open call that nobody attends in a browser is ended after this: its page was closed."""
_CALL: frozenset[str] = frozenset({"call"})


class SipIntercom(Driver):
    Settings: ClassVar[type[DriverSettings]] = SipSettings
    LINK = "sip"
    TYPE = DeviceType.INTERCOM

    settings: SipSettings
    link: SipLink

    def __init__(self, device: Device, settings: SipSettings, link: SipLink, emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._stations = {station.id: station for station in settings.stations}
        self._engine: Engine | None = None
        self._desk = Desk(settings.desk_phone)
        self._aside = Aside(emit)
        self._news = asyncio.Event()
        self._alone_since: float | None = None
        self._signed_in = settings.registrar is None
        self._keys = ""

    @classmethod
    def parts(cls, settings: SipSettings) -> Sequence[Part]:
        return [
            Part(station.id, DeviceType.INTERCOM, station.name, station.place, actions=_actions(station))
            for station in settings.stations
        ]

    async def run(self) -> None:
        async with self.link.open() as engine:
            self._engine, self._desk = engine, Desk(self.settings.desk_phone)
            self._hear()
            try:
                await self._serve(engine)
            finally:
                self._engine = None
                await self._end_all()

    async def perform(self, command: Command) -> Json | None:
        """Returns once the engine confirmed it; CommandFailed otherwise."""
        station, engine = self._stations.get(command.device), self._engine
        if station is None:
            raise CommandFailed(f"device {self.device.id} takes commands at its stations alone")
        if engine is None:
            raise CommandFailed(f"{station.name}: the telephone engine is down")
        try:
            async with asyncio.timeout(command.limit.total_seconds()):
                return await self._do(command, station, engine)
        except TimeoutError:
            raise CommandFailed(f"{station.name}: {command.action} was not confirmed in time") from None
        except LinkLost as error:
            raise CommandFailed(f"{station.name}: {error}") from error

    async def _do(self, command: Command, station: Station, engine: Engine) -> Json:
        match command.action:
            case "answer":
                return await self._answer(self._chosen(command, station, {Stand.RINGING}), command.by, engine)
            case "hang_up":
                return await self._hang_up(self._chosen(command, station, set(Stand)), engine)
            case "unlock":
                return await self._unlock(self._chosen(command, station, {Stand.ANSWERED}), command.by, engine)
            case "call":
                return await self._call(station, command.by, engine)
        raise CommandFailed(f"{station.name} takes no command {command.action!r}")

    def _chosen(self, command: Command, station: Station, stands: Collection[Stand]) -> StationCall:
        """The call that is meant: the one named, so that a late click does nothing to the next one."""
        call = self.link.board.of(station.id, stands)
        named = command.arguments.get("call")
        if call is None or named not in {None, call.id}:
            state = (
                "no such call"
                if call
                else {"answer": "nobody calls", "unlock": "no answered call"}.get(command.action, "no call")
            )
            raise CommandFailed(f"{station.name}: {state} (any more)")
        return call

    async def _answer(self, call: StationCall, by: str, engine: Engine) -> Json:
        taken = self.link.board.taken
        if taken is not None:
            who = taken.by or "the desk phone"
            raise CommandFailed(f"{who} is on the line with {taken.station.name}: one call at a time")
        call.take(by, BROWSER)
        try:
            await engine.answer(call.engine_id)
            await self._until(lambda: call.stand is not Stand.RINGING)
        finally:
            if call.stand is Stand.RINGING:
                call.release()
        if call.stand is Stand.ENDED:
            raise CommandFailed(f"{call.station.name} hung up just now")
        return {"call": call.id}

    async def _hang_up(self, call: StationCall, engine: Engine) -> Json:
        call.let_go = call.let_go or "guard"
        await engine.hang_up(call.engine_id)
        await self._until(lambda: call.stand is Stand.ENDED)
        return {"call": call.id}

    async def _unlock(self, call: StationCall, by: str, engine: Engine) -> Json:
        """Sent is all that can be confirmed: no station answers keys."""
        unlock = call.station.unlock
        if unlock is None or unlock.dtmf is None:
            raise CommandFailed(f"{call.station.name} opens no door by keys")
        await engine.send_keys(call.engine_id, unlock.dtmf)
        await self._tell("access.granted", call, by=by, on=call.on)
        return {"call": call.id, "sent": "keys"}

    async def _call(self, station: Station, by: str, engine: Engine) -> Json:
        """Done once the station rings."""
        board = self.link.board
        taken = board.taken
        if taken is not None or board.of(station.id, set(Stand)):
            raise CommandFailed(f"a call with {(taken.station if taken else station).name} stands: end it first")
        call = board.add(StationCall(station, "", Stand.CALLING, self._now(), incoming=False, by=by, on=BROWSER))
        try:
            call.engine_id = await engine.dial(engine.accounts.stations, station.uri)
            await self._tell("call.started", call, direction="out", by=by)
            await self._until(lambda: call.rang or call.stand is not Stand.CALLING)
        except BaseException:
            await self._give_up(call, engine)
            raise
        if call.stand is Stand.ENDED:
            raise CommandFailed(f"{station.name} does not answer: {call.said or call.why}")
        return {"call": call.id}

    async def _give_up(self, call: StationCall, engine: Engine) -> None:
        if not call.engine_id:
            self.link.board.remove(call)
        elif call.stand is not Stand.ENDED:
            call.let_go = "guard"
            with suppress(CommandFailed, LinkLost):
                await engine.hang_up(call.engine_id)

    async def _serve(self, engine: Engine) -> None:
        while True:
            try:
                async with asyncio.timeout(LOOK_S):
                    item = await engine.next()
            except TimeoutError:
                await self._look(engine)
                continue
            if isinstance(item, Unreadable):
                await self._aside.put(f"from the telephone engine: {item.why}", item.data)
                continue
            try:
                await self._take(item, engine)
                await self._tend_desk(engine)
            except CommandFailed as error:  # a call that ended meanwhile; its end is told next
                log.info("the engine could not", device=self.device.id, why=str(error))
            self._spread()

    async def _take(self, event: Event, engine: Engine) -> None:
        if event.account == engine.accounts.stations:
            await self._on_station(event, engine)
        elif event.type == "CALL_INCOMING":
            await self._refuse(event, engine)
        elif event.account == engine.accounts.desk:
            await self._on_desk(event, engine)
        elif event.type == "CALL_CLOSED":
            self.link.hush()

    async def _on_station(self, event: Event, engine: Engine) -> None:
        if event.type == "CALL_INCOMING":
            await self._incoming(event, engine)
        elif event.type == "REGISTER_OK":
            self._signed_in = True
            self._hear()
        elif event.type == "REGISTER_FAIL" and not self.link.board.calls:
            raise LinkLost(f"{self.settings.registrar} does not let {self.settings.user} sign in: {event.detail}")
        call = self.link.board.by_engine(event.call, outgoing=event.outgoing) if event.call else None
        if call is None:
            return
        if event.type == "CALL_RINGING":
            call.rang = True
        elif event.type == "CALL_ESTABLISHED" and call.stand is not Stand.ANSWERED:
            await self._answered(call)
        elif event.type == "CALL_CLOSED":
            await self._ended(call, event.detail)

    async def _incoming(self, event: Event, engine: Engine) -> None:
        station = self.link.board.caller(event.peer)
        if station is None:
            await self._refuse(event, engine)
            return
        call = self.link.board.add(StationCall(station, event.call, Stand.RINGING, self._now()))
        self._spread()
        await self._tell("call.started", call, direction="in")

    async def _refuse(self, event: Event, engine: Engine) -> None:
        log.warning("a stranger called", device=self.device.id, uri=event.peer[:200])
        if event.account == engine.accounts.stations:
            await engine.hang_up(event.call)
        else:
            await engine.drop(event.account)
        await self._aside.put("a call from an address that no station has as its uri", event.peer.encode())

    async def _answered(self, call: StationCall) -> None:
        waited = call.seconds(self._now())
        call.answered(self._now())
        self._spread()
        await self._tell("call.answered", call, by=call.by, on=call.on, waited=waited)

    async def _ended(self, call: StationCall, said: str) -> None:
        seconds = call.seconds(self._now())
        call.said = said
        call.ended()
        self.link.board.remove(call)
        if call.answered_at is not None:
            self.link.hush()
        self._spread()
        await self._tell("call.ended", call, why=call.why, seconds=seconds, answered=call.answered_at is not None)

    async def _end_all(self) -> None:
        """The engine is gone, and all calls with it."""
        for call in list(self.link.board.calls):
            call.let_go = WHY_LOST
            await self._ended(call, "")

    async def _on_desk(self, event: Event, engine: Engine) -> None:
        if event.type == "CALL_ESTABLISHED":
            self._keys = ""
            call = self._desk.lifted(self.link.board)
            if call is not None:
                try:
                    await engine.answer(call.engine_id)
                except CommandFailed:
                    call.release()
                    raise
        elif event.type == "CALL_CLOSED":
            self._desk.closed()
            call = self.link.board.taken
            if call is not None and call.on == DESK_PHONE:
                call.let_go = DESK_PHONE
                await engine.hang_up(call.engine_id)
        elif event.type == "CALL_DTMF_START":
            await self._key(event.detail[:1], engine)

    async def _key(self, key: str, engine: Engine) -> None:
        """A key pressed on the desk phone goes on to the station: it opens the door as guards are used to."""
        call = self.link.board.taken
        if call is None or call.on != DESK_PHONE or call.stand is not Stand.ANSWERED or not key:
            return
        await engine.send_keys(call.engine_id, key)
        self._keys = (self._keys + key)[-16:]
        unlock = call.station.unlock
        if unlock is not None and unlock.dtmf and self._keys.endswith(unlock.dtmf):
            self._keys = ""
            await self._tell("access.granted", call, on=DESK_PHONE)

    async def _tend_desk(self, engine: Engine) -> None:
        wish = self._desk.wish(self.link.board)
        if wish is Wish.DROP:
            await engine.drop(engine.accounts.desk)
        elif wish is Wish.DIAL and self._desk.uri:
            try:
                await engine.dial(engine.accounts.desk, self._desk.uri)
            except CommandFailed:
                self._desk.closed()
                raise

    async def _look(self, engine: Engine) -> None:
        await engine.alive()
        self._hear()
        call = self.link.board.taken
        alone = call is not None and call.stand is Stand.ANSWERED and call.on == BROWSER and not self.link.talker
        if not alone or call is None:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = self._now()
        elif self._now() - self._alone_since >= ALONE_S:
            call.let_go = "unattended"
            await engine.hang_up(call.engine_id)

    def _hear(self) -> None:
        if self._signed_in:
            self.emit.heard()

    async def _tell(self, kind: str, call: StationCall, **data: Any) -> None:
        """A call goes on whether it is on record or not."""
        said = {"call": call.id, **{key: value for key, value in data.items() if value != ""}}
        source = f"{call.id}/{kind}" if kind.startswith("call.") else None
        try:
            await self.emit(Signal(device=call.station.id, kind=kind, source_id=source, data=said, fresh=True))
        except NotRecorded as error:
            log.error("a call is not on record", station=call.station.id, kind=kind, why=str(error))

    async def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            await self._news.wait()

    def _spread(self) -> None:
        """Whoever waits for a call looks again."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _actions(station: Station) -> Mapping[str, frozenset[str]]:
    """Commands of other devices are sent to those: a door beside the station opens by its own driver."""
    actions: dict[str, frozenset[str]] = {"answer": _CALL, "hang_up": _CALL, "call": frozenset()}
    if station.unlock is not None and station.unlock.dtmf is not None:
        actions["unlock"] = _CALL
    return actions


DRIVER = SipIntercom
