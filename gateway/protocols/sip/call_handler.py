"""Handles the engine's events: updates the calls, rings the desk phone, emits signals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from gateway.errors import CommandFailed
from gateway.protocols.sip.calls import BROWSER, DESK_PHONE, LINE_LOST, CallState, CallTable, StationCall
from gateway.protocols.sip.change_notifier import ChangeNotifier, EmitCallSignal, loop_time
from gateway.protocols.sip.control import EngineEvent
from gateway.protocols.sip.desk_phone import DeskPhone, DeskPhoneAction
from gateway.protocols.sip.engine import Engine

log = structlog.get_logger(__name__)
UNATTENDED_S = 30.0
"""A call answered in a browser is ended after this long without a browser on it: the page was closed."""
_MAX_KEYS = 16


class CallHandler:
    """`on_unknown_caller(uri)` is called for a caller that is no station; `stop_audio` ends the browser's audio."""

    def __init__(
        self,
        engine: Engine,
        calls: CallTable,
        desk_phone: str | None,
        emit: EmitCallSignal,
        on_unknown_caller: Callable[[str], Awaitable[None]],
        stop_audio: Callable[[], Awaitable[None]],
    ) -> None:
        self.changes = ChangeNotifier()
        self._engine, self._calls, self._desk_phone = engine, calls, DeskPhone(desk_phone)
        self._emit, self._on_unknown_caller, self._stop_audio = emit, on_unknown_caller, stop_audio
        self._keys = ""
        self._unattended_since: float | None = None

    async def handle(self, event: EngineEvent) -> None:
        """Handle one event of the engine, in order. Raises LinkLost when the engine is lost."""
        try:
            await self._handle(event)
            await self._update_desk_phone()
        except CommandFailed as error:
            # The engine rejects a command when its call has just ended; the event of that end follows.
            log.info("the SIP engine rejected a command", why=str(error))
        self.changes.notify()

    async def check_attended(self, audio_user: str | None) -> None:
        """End an answered call that has no browser on it; `audio_user` is whose browser has its audio.

        To be called every few seconds.
        """
        call = self._calls.taken
        if call is None or call.state is not CallState.ANSWERED or call.endpoint != BROWSER or audio_user is not None:
            self._unattended_since = None
        elif self._unattended_since is None:
            self._unattended_since = loop_time()
        elif loop_time() - self._unattended_since >= UNATTENDED_S:
            call.ended_by = "unattended"
            await self._engine.hang_up(call.sip_call_id)

    async def end_all(self) -> None:
        """The engine is lost, and all calls with it."""
        for call in list(self._calls.active):
            call.ended_by = LINE_LOST
            await self._ended(call, "")

    async def _handle(self, event: EngineEvent) -> None:
        accounts = self._engine.accounts
        # Before the accounts: an incoming call is checked for all of them.
        if event.type == "CALL_INCOMING":
            await self._incoming(event)
        elif event.account == accounts.desk_phone:
            await self._on_desk_phone(event)
        elif event.account == accounts.audio and event.type == "CALL_CLOSED":
            await self._stop_audio()
        elif event.account == accounts.stations and event.call:
            call = self._calls.by_sip_call_id(event.call, outgoing=event.outgoing)
            if call is not None:
                await self._on_station(call, event)

    async def _incoming(self, event: EngineEvent) -> None:
        # Nobody may call our other two accounts.
        is_for_guard = event.account == self._engine.accounts.stations
        station = self._calls.station_of(event.peer) if is_for_guard else None
        if station is None:
            await self._reject(event)
            return
        call = self._calls.add(StationCall(station, event.call, CallState.RINGING, loop_time()))
        await self._emit("call.started", call, direction="in")

    async def _reject(self, event: EngineEvent) -> None:
        log.warning("call from an unknown address rejected", uri=event.peer[:200])
        try:
            if event.account == self._engine.accounts.stations:
                await self._engine.hang_up(event.call)
            else:
                await self._engine.hang_up_account(event.account)
        finally:
            await self._on_unknown_caller(event.peer)

    async def _on_station(self, call: StationCall, event: EngineEvent) -> None:
        if event.type == "CALL_RINGING":
            call.remote_ringing = True
        elif event.type == "CALL_ESTABLISHED" and call.state is not CallState.ANSWERED:
            waited = call.seconds(loop_time())
            call.answered(loop_time())
            await self._emit("call.answered", call, by=call.user, on=call.endpoint, waited=waited)
        elif event.type == "CALL_CLOSED":
            await self._ended(call, event.detail)

    async def _ended(self, call: StationCall, engine_status: str) -> None:
        seconds, answered = call.seconds(loop_time()), call.answered_at is not None
        call.ended(engine_status)
        self._calls.remove(call)
        await self._emit("call.ended", call, why=call.end_reason, seconds=seconds, answered=answered)
        self.changes.notify()
        if answered:
            await self._stop_audio()

    async def _on_desk_phone(self, event: EngineEvent) -> None:
        if event.type == "CALL_ESTABLISHED":
            await self._desk_phone_answered()
        elif event.type == "CALL_CLOSED":
            self._desk_phone.call_ended()
            call = self._calls.taken
            # The guard hung up the desk phone: end the station's call too.
            if call is not None and call.endpoint == DESK_PHONE:
                call.ended_by = DESK_PHONE
                await self._engine.hang_up(call.sip_call_id)
        elif event.type == "CALL_DTMF_START":
            await self._key_pressed(event.detail[:1])

    async def _desk_phone_answered(self) -> None:
        self._keys = ""
        call = self._desk_phone.answered(self._calls)
        if call is not None:
            try:
                await self._engine.answer(call.sip_call_id)
            except CommandFailed:
                # The station hung up at the same moment, or goes on ringing for others.
                call.unassign()
                raise

    async def _key_pressed(self, key: str) -> None:
        """Pass a key from the desk phone on to the station, so that guards can open the door with it."""
        call = self._calls.taken
        if call is None or call.endpoint != DESK_PHONE or call.state is not CallState.ANSWERED or not key:
            return
        await self._engine.send_dtmf(call.sip_call_id, key)
        # Guards may press other keys first; only the end is compared.
        self._keys = (self._keys + key)[-_MAX_KEYS:]
        unlock = call.station.unlock
        if unlock is not None and unlock.dtmf and self._keys.endswith(unlock.dtmf):
            self._keys = ""
            await self._emit("access.granted", call, on=DESK_PHONE)

    async def _update_desk_phone(self) -> None:
        action = self._desk_phone.next_action(self._calls)
        if action is DeskPhoneAction.HANG_UP:
            await self._engine.hang_up_account(self._engine.accounts.desk_phone)
        elif action is DeskPhoneAction.DIAL and self._desk_phone.uri:
            try:
                await self._engine.dial(self._engine.accounts.desk_phone, self._desk_phone.uri)
            except CommandFailed:
                self._desk_phone.call_ended()
                raise
