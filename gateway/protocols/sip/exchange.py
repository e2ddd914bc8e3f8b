"""What becomes of calls as the engine tells it: the board, the desk phone, and what is said of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog

from gateway.errors import CommandFailed
from gateway.protocols.sip.calls import BROWSER, DESK_PHONE, WHY_LOST, CallRegister, Stand, StationCall
from gateway.protocols.sip.control import Event
from gateway.protocols.sip.desk import Desk, Wish
from gateway.protocols.sip.engine import Engine
from gateway.protocols.sip.news import News, Tell, now

log = structlog.get_logger(__name__)
ALONE_S = 30.0
"""An open call that nobody attends in a browser is ended after this: its page was closed."""
_KEPT_KEYS = 16


class Exchange:
    """`stranger(uri)` is told of a call by nobody we know, `hush` ends what is talked in a browser."""

    def __init__(
        self,
        engine: Engine,
        board: CallRegister,
        desk_phone: str | None,
        tell: Tell,
        stranger: Callable[[str], Awaitable[None]],
        hush: Callable[[], Awaitable[None]],
    ) -> None:
        self.news = News()
        self._engine, self._board, self._desk = engine, board, Desk(desk_phone)
        self._tell, self._stranger, self._hush = tell, stranger, hush
        self._keys = ""
        self._alone_since: float | None = None

    async def take(self, event: Event) -> None:
        """What the engine can't do any more concerns a call that has ended; its end is told next."""
        try:
            await self._take(event)
            await self._tend_desk()
        except CommandFailed as error:
            log.info("the telephone engine could not", why=str(error))
        self.news.spread()

    async def look(self, talker: str | None) -> None:
        """Now and then. `talker` is whose browser has the sound of the open call."""
        call = self._board.taken
        if call is None or call.stand is not Stand.ANSWERED or call.on != BROWSER or talker is not None:
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now()
        elif now() - self._alone_since >= ALONE_S:
            call.let_go = "unattended"
            await self._engine.hang_up(call.engine_id)

    async def end_all(self) -> None:
        """The engine is gone, and all calls with it."""
        for call in list(self._board.calls):
            call.let_go = WHY_LOST
            await self._ended(call, "")

    async def _take(self, event: Event) -> None:
        accounts = self._engine.accounts
        if event.type == "CALL_INCOMING":
            await self._incoming(event)
        elif event.account == accounts.desk:
            await self._on_desk(event)
        elif event.account == accounts.talk and event.type == "CALL_CLOSED":
            await self._hush()
        elif event.account == accounts.stations and event.call:
            call = self._board.by_engine(event.call, outgoing=event.outgoing)
            if call is not None:
                await self._on_station(call, event)

    async def _incoming(self, event: Event) -> None:
        station = self._board.caller(event.peer) if event.account == self._engine.accounts.stations else None
        if station is None:
            await self._refuse(event)
            return
        call = self._board.add(StationCall(station, event.call, Stand.RINGING, now()))
        await self._tell("call.started", call, direction="in")

    async def _refuse(self, event: Event) -> None:
        log.warning("a stranger called", uri=event.peer[:200])
        try:
            if event.account == self._engine.accounts.stations:
                await self._engine.hang_up(event.call)
            else:
                await self._engine.drop(event.account)
        finally:
            await self._stranger(event.peer)

    async def _on_station(self, call: StationCall, event: Event) -> None:
        if event.type == "CALL_RINGING":
            call.rang = True
        elif event.type == "CALL_ESTABLISHED" and call.stand is not Stand.ANSWERED:
            waited = call.seconds(now())
            call.answered(now())
            await self._tell("call.answered", call, by=call.by, on=call.on, waited=waited)
        elif event.type == "CALL_CLOSED":
            await self._ended(call, event.detail)

    async def _ended(self, call: StationCall, said: str) -> None:
        seconds, answered = call.seconds(now()), call.answered_at is not None
        call.ended(said)
        self._board.remove(call)
        await self._tell("call.ended", call, why=call.why, seconds=seconds, answered=answered)
        self.news.spread()
        if answered:
            await self._hush()

    async def _on_desk(self, event: Event) -> None:
        if event.type == "CALL_ESTABLISHED":
            await self._lifted()
        elif event.type == "CALL_CLOSED":
            self._desk.closed()
            call = self._board.taken
            if call is not None and call.on == DESK_PHONE:
                call.let_go = DESK_PHONE
                await self._engine.hang_up(call.engine_id)
        elif event.type == "CALL_DTMF_START":
            await self._key(event.detail[:1])

    async def _lifted(self) -> None:
        self._keys = ""
        call = self._desk.lifted(self._board)
        if call is not None:
            try:
                await self._engine.answer(call.engine_id)
            except CommandFailed:
                call.release()
                raise

    async def _key(self, key: str) -> None:
        """A key pressed on the desk phone goes on to the station: it opens the door as guards are used to."""
        call = self._board.taken
        if call is None or call.on != DESK_PHONE or call.stand is not Stand.ANSWERED or not key:
            return
        await self._engine.send_keys(call.engine_id, key)
        self._keys = (self._keys + key)[-_KEPT_KEYS:]
        unlock = call.station.unlock
        if unlock is not None and unlock.dtmf and self._keys.endswith(unlock.dtmf):
            self._keys = ""
            await self._tell("access.granted", call, on=DESK_PHONE)

    async def _tend_desk(self) -> None:
        wish = self._desk.wish(self._board)
        if wish is Wish.DROP:
            await self._engine.drop(self._engine.accounts.desk)
        elif wish is Wish.DIAL and self._desk.uri:
            try:
                await self._engine.dial(self._engine.accounts.desk, self._desk.uri)
            except CommandFailed:
                self._desk.closed()
                raise
