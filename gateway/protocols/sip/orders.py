"""What a guard has the engine do; each returns once the engine has confirmed it, or raises CommandFailed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from typing import ClassVar

from gateway.driver import no_such_command
from gateway.errors import CommandFailed, LinkLost
from gateway.model import Command, Json, Words
from gateway.protocols.sip.calls import BROWSER, CallRegister, Stand, StationCall
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.news import News, Tell, now
from gateway.protocols.sip.settings import Station

_NAMED: frozenset[str] = frozenset({"call"})
_ANY = frozenset(Stand)


def actions(station: Station) -> Mapping[str, frozenset[str]]:
    """The commands a station takes. One whose door another device opens takes no `unlock`: that device does."""
    taken = {"answer": _NAMED, "hang_up": _NAMED, "call": frozenset[str]()}
    if station.unlock is not None and station.unlock.dtmf is not None:
        taken["unlock"] = _NAMED
    return taken


class Orders:
    _MISSING: ClassVar = {
        "answer": Words("没有来电", "nobody calls"),
        "unlock": Words("没有接通的对讲", "no answered call"),
        "hang_up": Words("没有对讲", "no call"),
    }

    def __init__(self, engine: Engine, board: CallRegister, news: News, tell: Tell) -> None:
        self._engine, self._board, self._news, self._tell = engine, board, news, tell

    async def perform(self, command: Command, station: Station) -> Json:
        deeds: Mapping[str, Callable[[Command, Station], Awaitable[Json]]] = {
            "answer": self._answer,
            "hang_up": self._hang_up,
            "unlock": self._unlock,
            "call": self._call,
        }
        if command.action not in deeds:
            raise no_such_command(station.name, command.action)
        return await deeds[command.action](command, station)

    def _meant(self, command: Command, station: Station, stands: Collection[Stand]) -> StationCall:
        """The call that is meant: the one named, so that a late press does nothing to the next one."""
        call = self._board.of(station.id, stands)
        if call is None or command.arguments.get("call") not in {None, call.id}:
            missing = Words("这次对讲已结束", "this call is over") if call else self._MISSING[command.action]
            raise CommandFailed(Words(missing.zh, f"{station.name}: {missing}"))
        return call

    async def _answer(self, command: Command, station: Station) -> Json:
        call, taken = self._meant(command, station, {Stand.RINGING}), self._board.taken
        if taken is not None:
            who, where = Words.of(taken.by or Words("值班电话", "the desk phone")), taken.station.name
            en = f"{who} is on the line with {where}: one call at a time"
            raise CommandFailed(Words(f"{who.zh}正在与{where}通话，一次只能接一路", en))
        call.take(command.by, BROWSER)
        try:
            await self._engine.answer(call.engine_id)
            await self._news.until(lambda: call.stand is not Stand.RINGING)
        finally:
            if call.stand is Stand.RINGING:
                call.release()
        if call.stand is Stand.ENDED:
            raise CommandFailed(Words("对方刚刚挂断", f"{station.name} hung up just now"))
        return {"call": call.id}

    async def _hang_up(self, command: Command, station: Station) -> Json:
        call = self._meant(command, station, _ANY)
        call.let_go = call.let_go or "guard"
        await self._engine.hang_up(call.engine_id)
        await self._news.until(lambda: call.stand is Stand.ENDED)
        return {"call": call.id}

    async def _unlock(self, command: Command, station: Station) -> Json:
        """Sent is all that can be confirmed: no station answers keys."""
        call = self._meant(command, station, {Stand.ANSWERED})
        if station.unlock is None or station.unlock.dtmf is None:
            raise CommandFailed(Words("这台对讲不能按键开门", f"{station.name} opens no door by keys"))
        await self._engine.send_keys(call.engine_id, station.unlock.dtmf)
        await self._tell("access.granted", call, by=command.by, on=call.on)
        return {"call": call.id, "sent": "keys"}

    async def _call(self, command: Command, station: Station) -> Json:
        """Done once the station rings."""
        standing = self._board.taken or self._board.of(station.id, _ANY)
        if standing is not None:
            where = standing.station.name
            raise CommandFailed(Words(f"正在与{where}通话，请先挂断", f"a call with {where} stands: end it first"))
        call = StationCall(station, "", Stand.CALLING, now(), incoming=False, by=command.by, on=BROWSER)
        self._board.add(call)
        try:
            call.engine_id = await self._engine.dial(self._engine.accounts.stations, station.uri)
            await self._tell("call.started", call, direction="out", by=command.by)
            await self._news.until(lambda: call.rang or call.stand is not Stand.CALLING)
        except BaseException:
            await self._give_up(call)
            raise
        if call.stand is Stand.ENDED:
            zh = "对方占线" if call.said.startswith("486") else "对方没有接听"
            raise CommandFailed(Words(zh, f"{station.name} does not answer: {call.said or call.why}"))
        return {"call": call.id}

    async def _give_up(self, call: StationCall) -> None:
        if not call.engine_id:
            self._board.remove(call)
        elif call.stand is not Stand.ENDED:
            call.let_go = "guard"
            with suppress(CommandFailed, LinkLost):
                await self._engine.hang_up(call.engine_id)
