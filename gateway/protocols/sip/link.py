"""What the driver of an intercom is handed, and what the guard room's pages reach its calls by."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from gateway.errors import Conflict, LinkLost, NotFound
from gateway.model import Words
from gateway.protocols.sip.calls import BROWSER, CallRegister, Stand, StationCall
from gateway.protocols.sip.engine import DOWN, Engine
from gateway.protocols.sip.process import running
from gateway.protocols.sip.settings import SipSettings
from gateway.protocols.sip.talk import Leg, Talk


class SipLink:
    """`board` is what the driver writes and others read; it is empty while the engine is down."""

    def __init__(self, settings: SipSettings) -> None:
        self.settings = settings
        self.board = CallRegister(settings.stations)
        self._engine: Engine | None = None
        self._leg: Leg | None = None
        self._joined = ""
        self._talk: Talk | None = None
        self._one_at_a_time = asyncio.Lock()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Engine]:
        """The engine, running; raises LinkLost that says why it is not."""
        async with running(self.settings) as engine:
            self._engine, self.board = engine, CallRegister(self.settings.stations)
            try:
                yield engine
            finally:
                self._engine = None
                await self.hush()
                self.board = CallRegister(self.settings.stations)

    @property
    def talker(self) -> str | None:
        """Who is on the line in a browser."""
        return self._talk.user if self._talk else None

    async def hush(self) -> None:
        """End what is being talked: the call it belongs to is over."""
        leg, self._leg = self._leg, None
        if self._talk is not None:
            self._talk.end()
        if leg is not None:
            await leg.close()

    @asynccontextmanager
    async def talk(self, call_id: str, user: str) -> AsyncIterator[Talk]:
        """The sound of an open call, for the one who answered it in a browser.

        Coming again takes the place of what is left of the same person's earlier connection.
        Raises NotFound, Conflict (another has it, or it is not answered yet), LinkLost.
        """
        async with self._one_at_a_time:
            leg = await self._leg_of(call_id, user)
        talk = Talk(user, leg.say)
        if self._talk is not None:
            self._talk.end()
        self._talk, leg.listener = talk, talk.put
        try:
            yield talk
        finally:
            talk.end()
            if self._talk is talk:
                self._talk = leg.listener = None

    def check(self, call_id: str, user: str) -> Engine:
        """The engine of an open call that is that user's to talk in; raises as `talk` does."""
        call = self.board.find(call_id)
        if call is None:
            raise NotFound("this call is over")
        if call.stand is not Stand.ANSWERED:
            raise Conflict("this call is not answered")
        if call.on != BROWSER or call.by != user:
            raise Conflict(f"this call was answered by {call.by or 'the desk phone'}")
        if self._engine is None:
            raise LinkLost(Words(DOWN, "the telephone engine is down"))
        return self._engine

    async def _leg_of(self, call_id: str, user: str) -> Leg:
        engine = self.check(call_id, user)
        if self._leg is None:
            if self._joined == call_id:
                raise LinkLost(
                    Words(
                        "通话声音中断，请挂断后重新呼叫", "the sound of this call is lost: hang up and call the station"
                    )
                )
            self._joined, leg = call_id, Leg(engine)
            await leg.open(self.settings.listen.host)
            self._leg = leg
            self.check(call_id, user)
        return self._leg


class Calls:
    """Every intercom's calls, for the guard room."""

    def __init__(self) -> None:
        self._links: dict[str, SipLink] = {}

    def add(self, device: str, link: SipLink) -> None:
        """A device made anew takes its old link's place."""
        self._links[device] = link

    def forget(self, device: str) -> None:
        """The device is no more, or is made anew in this turn of the loop."""
        self._links.pop(device, None)

    def now(self) -> list[tuple[SipLink, StationCall]]:
        return [(link, call) for link in self._links.values() for call in link.board.calls]

    def link_of(self, call_id: str) -> SipLink:
        """Raises NotFound when there is no such call (any more)."""
        for link in self._links.values():
            if link.board.find(call_id) is not None:
                return link
        raise NotFound("this call is over")
