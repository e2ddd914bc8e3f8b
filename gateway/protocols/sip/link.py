"""The link of a driver with `LINK = "sip"`, and the web API's access to the calls and their audio."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.errors import Conflict, LinkLost, NotFound
from gateway.model import Words
from gateway.protocols.sip.audio import AudioLeg, AudioSession
from gateway.protocols.sip.calls import BROWSER, CallState, CallTable, StationCall
from gateway.protocols.sip.engine import ENGINE_DOWN_ZH, Engine
from gateway.protocols.sip.process import running_engine
from gateway.protocols.sip.settings import SipSettings


class SipLink:
    """`calls` is written by the driver and read by others; it is empty while the engine is down."""

    def __init__(self, settings: SipSettings) -> None:
        self.settings = settings
        self.calls = CallTable(settings.stations)
        self._engine: Engine | None = None
        self._leg: AudioLeg | None = None
        self._leg_call_id = ""
        self._session: AudioSession | None = None
        self._leg_lock = asyncio.Lock()

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Engine]:
        """The running engine; raises LinkLost with the reason."""
        async with running_engine(self.settings) as engine:
            self._engine, self.calls = engine, CallTable(self.settings.stations)
            try:
                yield engine
            finally:
                self._engine = None
                await self.stop_audio()
                self.calls = CallTable(self.settings.stations)

    @property
    def audio_user(self) -> str | None:
        """The user whose browser has the audio of the answered call."""
        return self._session.user if self._session else None

    async def stop_audio(self) -> None:
        """The answered call has ended: end its audio."""
        leg, self._leg = self._leg, None
        if self._session is not None:
            self._session.end()
        if leg is not None:
            await leg.close()

    @asynccontextmanager
    async def audio(self, call_id: str, user: str) -> AsyncIterator[AudioSession]:
        """The audio of an answered call, for the user who answered it in a browser.

        A second connection of the same user replaces the first, which may be a closed page that was not noticed yet.
        Raises NotFound, Conflict (answered by another user, or not answered yet), LinkLost.
        """
        # Two connections at once must not make two legs.
        async with self._leg_lock:
            leg = await self._leg_of(call_id, user)
        session = AudioSession(user, leg.send)
        if self._session is not None:
            self._session.end()
        self._session, leg.listener = session, session.deliver
        try:
            yield session
        finally:
            session.end()
            # It may have been replaced meanwhile.
            if self._session is session:
                self._session = leg.listener = None

    @asynccontextmanager
    async def speech(self, call: StationCall) -> AsyncIterator[Callable[[bytes], None]]:
        """Sends samples into an answered call that no browser has. Raises LinkLost."""
        if self._engine is None:
            raise LinkLost(Words(ENGINE_DOWN_ZH, "the telephone engine is down"))
        async with self._leg_lock:
            self._leg_call_id, leg = call.id, AudioLeg(self._engine)
            await leg.open(self.settings.listen.host)
            self._leg = leg
        try:
            yield leg.send
        finally:
            # The call may have ended meanwhile, and another one's leg be open.
            if self._leg is leg:
                await self.stop_audio()

    def check(self, call_id: str, user: str) -> Engine:
        """The engine, if the call is answered and belongs to that user; raises as `audio` does."""
        call = self.calls.find(call_id)
        if call is None:
            raise NotFound("this call is over")
        if call.state is not CallState.ANSWERED:
            raise Conflict("this call is not answered")
        if call.endpoint != BROWSER or call.user != user:
            raise Conflict(f"this call was answered by {call.user or 'the desk phone'}")
        if self._engine is None:
            raise LinkLost(Words(ENGINE_DOWN_ZH, "the telephone engine is down"))
        return self._engine

    async def _leg_of(self, call_id: str, user: str) -> AudioLeg:
        engine = self.check(call_id, user)
        if self._leg is None:
            # baresip's bridge allows one leg for a call: see AudioLeg.
            if self._leg_call_id == call_id:
                en = "the sound of this call is lost: hang up and call the station"
                raise LinkLost(Words("通话声音中断，请挂断后重新呼叫", en))
            self._leg_call_id, leg = call_id, AudioLeg(engine)
            await leg.open(self.settings.listen.host)
            self._leg = leg
            # The call may have ended while the leg was opened.
            self.check(call_id, user)
        return self._leg


class IntercomLinks:
    """The links of all intercoms, for the web API."""

    def __init__(self) -> None:
        self._links: dict[str, SipLink] = {}

    def add(self, device: str, link: SipLink) -> None:
        """Replaces an earlier link of the same device."""
        self._links[device] = link

    def remove(self, device: str) -> None:
        """The device is removed, or about to be added again."""
        self._links.pop(device, None)

    def active_calls(self) -> list[tuple[SipLink, StationCall]]:
        """Every call that has not ended."""
        return [(link, call) for link in self._links.values() for call in link.calls.active]

    def link_of(self, call_id: str) -> SipLink:
        """Raises NotFound when there is no such call (any more)."""
        for link in self._links.values():
            if link.calls.find(call_id) is not None:
                return link
        raise NotFound("this call is over")
