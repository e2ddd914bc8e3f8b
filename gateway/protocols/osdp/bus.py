"""Whose turn it is on an RS-485 line of OSDP readers, and what to make of one that does not answer.

The line carries one question and its answer at a time, and a poll costs its bytes: some 30 in all by the secure
channel, 31 ms at 9600 baud. So readers take turns, the one that waited longest first, and a dead one may cost the
others no more than a short question now and then.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.protocols.osdp.frames import BUSY, MAX_FRAME_BYTES, OsdpDecoder, OsdpFrame
from gateway.protocols.osdp.session import OsdpSession
from gateway.protocols.osdp.timing import (
    ADAPTER_DELAY_S,
    EARLY_POLL_S,
    IDLE_CHARACTERS,
    IDLE_RETRY_S,
    LONG_PROBE_EVERY,
    LOST_AFTER_POLLS,
    LOST_AFTER_S,
    MAX_IDLE,
    MIN_POLL_S,
    MIN_SLEEP_S,
    PROBE_INTERVAL_S,
    PROBE_TIMEOUT_S,
    REJECTED_RETRY_S,
    REPLY_TIMEOUT_S,
    poll_interval,
)
from gateway.protocols.unreadable import UnreadableBytes

POLL, STATUS = 0x60, 0x64


class BusConnection(Protocol):
    async def read_until(self, when: float) -> bytes | None:
        """What came, or `b""` once the line fell silent after some; None when nothing came until then."""
        ...

    async def write(self, data: bytes) -> None:
        """Send it."""
        ...


@dataclass(slots=True)
class ReaderPoll:
    """One reader on the line. Times are the loop's, in seconds."""

    session: OsdpSession
    due: float = 0.0
    earliest: float = 0.0
    """Before which libosdp has nothing to say."""
    heard: float = 0.0
    """When it last answered."""
    tries: int = 0
    """Questions left unanswered since then."""
    falls: int = 0
    """Sessions that fell since one held."""
    mute: int = 0
    again: bytes = b""
    """A question to put once more, word for word: its answer was lost on the way."""
    status_refused: bool = False
    """Its session fell when it was asked for its status, so that is not asked again."""

    def silent(self, now: float) -> bool:
        return self.tries >= LOST_AFTER_POLLS and now - self.heard > LOST_AFTER_S

    @property
    def rising(self) -> bool:
        """Whether it answers, and its session is being made."""
        return not self.tries and not self.session.up and self.session.asked != 0

    @property
    def refused(self) -> bool:
        """Whether it answers, and no session comes of it."""
        return self.falls > 1 or (self.session.reachable and not self.session.up)


class OsdpBus:
    def __init__(self, line: BusConnection, sessions: Sequence[OsdpSession], baud: int) -> None:
        self._line = line
        self._character = 10 / baud
        self._pace = poll_interval(len(sessions), baud)
        self._framer = OsdpDecoder()
        self._last = 0.0
        self._was_rising = False
        now = asyncio.get_running_loop().time()
        self.turns = [ReaderPoll(session, heard=now) for session in sessions]
        self.rubbish: deque[UnreadableBytes] = deque(maxlen=8)
        """What could not be read; whoever takes it empties it."""

    async def next(self) -> ReaderPoll:
        """Let the reader that waited longest have its turn, and return it. Raises LinkLost when the line is gone."""
        turn = self._choose()
        now = self._now()
        early = turn.due - now
        if early > EARLY_POLL_S or now < min(turn.earliest, turn.due):
            await asyncio.sleep(early)
        await self._serve(turn)
        return turn

    def _choose(self) -> ReaderPoll:
        """The one that waited longest; every other turn is for one whose session is being made."""
        rising = [] if self._was_rising else [one for one in self.turns if one.rising and one.due <= self._now()]
        self._was_rising = bool(rising)
        return min(rising or self.turns, key=_due)

    async def _serve(self, turn: ReaderPoll) -> None:
        if turn.session.fell:
            turn.session.restart()
        said = turn.again or turn.session.speak()
        if not said:
            self._mute(turn)
            return
        answer = await self._ask(turn, said)
        if answer is None:
            self._missed(turn, said)
        else:
            self._answered(turn, answer)

    def _mute(self, turn: ReaderPoll) -> None:
        turn.due = turn.earliest = self._now() + IDLE_RETRY_S
        turn.mute += 1
        if turn.mute > MAX_IDLE:
            turn.mute = 0
            turn.session.restart()

    def _missed(self, turn: ReaderPoll, said: bytes) -> None:
        """Once more word for word, as the standard has it; then from the beginning."""
        turn.tries += 1
        turn.again = said if turn.tries == 1 and turn.session.up else b""
        if not turn.again:
            turn.session.restart()
        now = self._now()
        turn.due = now + PROBE_INTERVAL_S if turn.silent(now) else now

    def _answered(self, turn: ReaderPoll, answer: OsdpFrame) -> None:
        session, now = turn.session, self._now()
        session.hear(answer)
        turn.heard, turn.tries, turn.mute, turn.again = now, 0, 0, b""
        if session.fell:
            turn.falls += 1
            turn.status_refused = turn.status_refused or session.asked == STATUS
            turn.due = now + REJECTED_RETRY_S if turn.falls > 1 else now
        else:
            turn.falls = 0 if session.asked == POLL else turn.falls
            turn.due = now + self._pace if session.up and not session.busy else now
        turn.earliest = min(turn.due, now + MIN_POLL_S)

    async def _ask(self, turn: ReaderPoll, said: bytes) -> OsdpFrame | None:
        """The answer, or None when none came in time."""
        asked = OsdpFrame(said.lstrip(b"\xff"))
        pause = self._last + IDLE_CHARACTERS * self._character - self._now()
        if pause > MIN_SLEEP_S:
            await asyncio.sleep(pause)
        await self._line.write(said)
        deadline = self._now() + len(said) * self._character + self._patience(turn)
        at_most = deadline + MAX_FRAME_BYTES * self._character + ADAPTER_DELAY_S
        while True:
            chunk = await self._line.read_until(deadline)
            if chunk is None:
                self._sort(self._framer.reset(), asked)
                return None
            self._last = self._now()
            answer = self._sort(self._framer.feed(chunk) if chunk else self._framer.reset(), asked)
            if answer is not None:
                return answer
            if missing := self._framer.missing:
                deadline = min(at_most, max(deadline, self._last + missing * self._character + ADAPTER_DELAY_S))

    def _patience(self, turn: ReaderPoll) -> float:
        if not turn.silent(self._now()) or turn.tries % LONG_PROBE_EVERY == 0:
            return REPLY_TIMEOUT_S
        return PROBE_TIMEOUT_S

    def _sort(self, found: Sequence[OsdpFrame | UnreadableBytes], asked: OsdpFrame) -> OsdpFrame | None:
        """The answer among what came. Our own echo and answers that come too late are passed over."""
        answer = None
        for item in found:
            if isinstance(item, UnreadableBytes):
                self.rubbish.append(item)
            elif item.is_reply and item.address == asked.address and _fits(item, asked):
                answer = item
        return answer

    def _now(self) -> float:
        return asyncio.get_running_loop().time()


def _due(turn: ReaderPoll) -> float:
    return turn.due


def _fits(answer: OsdpFrame, asked: OsdpFrame) -> bool:
    """An answer repeats the question's sequence number; that of a busy reader is 0 (SIA OSDP 2.2, osdp_BUSY)."""
    return answer.sequence == asked.sequence or (answer.sequence == 0 and answer.code == BUSY)
