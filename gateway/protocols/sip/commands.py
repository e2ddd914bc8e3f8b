"""The guard's commands on calls. Each returns once the engine has confirmed it, or raises CommandFailed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from gateway.driver import no_such_command
from gateway.errors import CommandFailed, LinkLost
from gateway.model import Command, Json, Words
from gateway.protocols.sip.announcer import Announcer
from gateway.protocols.sip.calls import ANNOUNCEMENT, BROWSER, CallState, StationCall
from gateway.protocols.sip.change_notifier import ChangeNotifier, EmitCallSignal, loop_time
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.link import SipLink
from gateway.protocols.sip.settings import Station

_CALL_ARGUMENT: frozenset[str] = frozenset({"call"})
_ANY_STATE = frozenset(CallState)


def actions(station: Station, sounds: Collection[str] = ()) -> Mapping[str, frozenset[str]]:
    """The commands of a station: `unlock` if it opens its door itself, by keys; `announce` if there are sounds."""
    offered = {"answer": _CALL_ARGUMENT, "hang_up": _CALL_ARGUMENT, "call": frozenset[str]()}
    if station.unlock is not None and station.unlock.dtmf is not None:
        offered["unlock"] = _CALL_ARGUMENT
    if sounds:
        offered["announce"] = frozenset({"announcement"})
    return offered


class CallCommands:
    """Performs answer, hang_up, unlock, call and announce; `sounds` are the recorded texts by their ids."""

    _MISSING: ClassVar = {
        "answer": Words("没有来电", "nobody calls"),
        "unlock": Words("没有接通的对讲", "no answered call"),
        "hang_up": Words("没有对讲", "no call"),
    }

    def __init__(
        self,
        engine: Engine,
        link: SipLink,
        changes: ChangeNotifier,
        emit: EmitCallSignal,
        sounds: Mapping[str, Path],
    ) -> None:
        self._engine, self._calls, self._changes, self._emit = engine, link.calls, changes, emit
        self._sounds, self._announcer = sounds, Announcer(engine, link, changes)

    async def perform(self, command: Command, station: Station) -> Json:
        """Returns `{"call": id}`. The caller sets the time limit."""
        handlers: Mapping[str, Callable[[Command, Station], Awaitable[Json]]] = {
            "answer": self._answer,
            "hang_up": self._hang_up,
            "unlock": self._unlock,
            "call": self._call,
            "announce": self._announce,
        }
        if command.action not in handlers:
            raise no_such_command(station.name, command.action)
        return await handlers[command.action](command, station)

    def _find_call(self, command: Command, station: Station, states: Collection[CallState]) -> StationCall:
        """The station's call, which must be the one the command names: a late click must not affect the next call."""
        call = self._calls.latest(station.id, states)
        if call is None or command.arguments.get("call") not in {None, call.id}:
            missing = Words("这次对讲已结束", "this call is over") if call else self._MISSING[command.action]
            raise CommandFailed(Words(missing.zh, f"{station.name}: {missing}"))
        return call

    async def _answer(self, command: Command, station: Station) -> Json:
        call, taken = self._find_call(command, station, {CallState.RINGING}), self._calls.taken
        if taken is not None:
            who, where = Words.of(taken.user or Words("值班电话", "the desk phone")), taken.station.name
            en = f"{who} is on the line with {where}: one call at a time"
            raise CommandFailed(Words(f"{who.zh}正在与{where}通话，一次只能接一路", en))
        call.assign(command.by, BROWSER)
        try:
            await self._engine.answer(call.sip_call_id)
            await self._changes.wait_until(lambda: call.state is not CallState.RINGING)
        finally:
            # Cancelled or failed: others may answer it.
            if call.state is CallState.RINGING:
                call.unassign()
        if call.state is CallState.ENDED:
            raise CommandFailed(Words("对方刚刚挂断", f"{station.name} hung up just now"))
        return {"call": call.id}

    async def _hang_up(self, command: Command, station: Station) -> Json:
        call = self._find_call(command, station, _ANY_STATE)
        # Set before the engine acts: its event of the end may come before its response.
        call.ended_by = call.ended_by or "guard"
        await self._engine.hang_up(call.sip_call_id)
        await self._changes.wait_until(lambda: call.state is CallState.ENDED)
        return {"call": call.id}

    async def _unlock(self, command: Command, station: Station) -> Json:
        """Only the sending can be confirmed: stations do not acknowledge keys."""
        call = self._find_call(command, station, {CallState.ANSWERED})
        if station.unlock is None or station.unlock.dtmf is None:
            raise CommandFailed(Words("这台对讲不能按键开门", f"{station.name} opens no door by keys"))
        await self._engine.send_dtmf(call.sip_call_id, station.unlock.dtmf)
        await self._emit("access.granted", call, by=command.by, on=call.endpoint)
        return {"call": call.id, "sent": "keys"}

    async def _call(self, command: Command, station: Station) -> Json:
        """Returns once the station rings."""
        call = await self._dial(command, station, BROWSER)
        try:
            await self._changes.wait_until(lambda: call.remote_ringing or call.state is not CallState.CALLING)
        except BaseException:
            await self._give_up(call)
            raise
        if call.state is CallState.ENDED:
            zh = "对方占线" if call.engine_status.startswith("486") else "对方没有接听"
            raise CommandFailed(Words(zh, f"{station.name} does not answer: {call.engine_status or call.end_reason}"))
        return {"call": call.id}

    async def _announce(self, command: Command, station: Station) -> Json:
        """Returns once the text has been spoken and the call has ended."""
        name = command.arguments.get("announcement")
        file = self._sounds.get(name) if isinstance(name, str) else None
        if file is None:
            en = f"there is no sound {name!r}: it has {', '.join(sorted(self._sounds))}"
            raise CommandFailed(Words("没有这段录音", en))
        call = await self._dial(command, station, ANNOUNCEMENT)
        try:
            seconds = await self._announcer.speak(call, file)
        except BaseException:
            await self._give_up(call)
            raise
        return {"call": call.id, "announcement": name, "seconds": seconds}

    async def _dial(self, command: Command, station: Station, endpoint: str) -> StationCall:
        current = self._calls.taken or self._calls.latest(station.id, _ANY_STATE)
        if current is not None:
            where = current.station.name
            en = f"there is already a call with {where}: end it first"
            raise CommandFailed(Words(f"正在与{where}通话，请先挂断", en))
        call = StationCall(
            station, "", CallState.CALLING, loop_time(), incoming=False, user=command.by, endpoint=endpoint
        )
        # Added before dialling: the engine's first event may arrive before its response with the Call-ID.
        self._calls.add(call)
        try:
            call.sip_call_id = await self._engine.dial(self._engine.accounts.stations, station.uri)
            await self._emit("call.started", call, direction="out", by=command.by, on=_unless_browser(endpoint))
        except BaseException:
            await self._give_up(call)
            raise
        return call

    async def _give_up(self, call: StationCall) -> None:
        if not call.sip_call_id:
            self._calls.remove(call)
        elif call.state is not CallState.ENDED:
            call.ended_by = "guard"
            with suppress(CommandFailed, LinkLost):
                await self._engine.hang_up(call.sip_call_id)


def _unless_browser(endpoint: str) -> str:
    return "" if endpoint == BROWSER else endpoint
