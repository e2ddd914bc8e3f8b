"""A line of units, asked one after the other, on which every answer is known to be its own question's.

The fault this is built against: a unit that answers after its time is up has its answer taken for
that to the next question. Modbus TCP numbers its questions. RTU does not, so here

- an answer counts only for the unit, the function and the size that was asked for,
- nothing is asked before the line has been silent for 3.5 characters, and what came until then is nobody's answer,
- a unit that owes an answer must first give back a number we choose (function 8), which it can't have done before,
  as it answers in order; a unit that knows no such function is asked once in vain instead.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple

from gateway.links.serial import SerialLine
from gateway.protocols.modbus.frames import Frame, Framing
from gateway.protocols.modbus.misfits import Misfit, of_bytes, of_frame
from gateway.protocols.modbus.request import ECHO, PASSING, REFUSED, WHY, Echo, Request

BABBLE_S = 0.25
"""A line on which somebody talks for longer than this is not waited for."""
LEAST_LOOK_S = 0.001
"""At whatever came since, on a line that has been silent for long enough."""
SHORTEST_SILENCE_S = 0.00175
"""From 19,200 baud on (2.5.1.1)."""


class Answer(NamedTuple):
    """The PDU, its function first."""

    pdu: bytes


class Refusal(NamedTuple):
    """An exception: the unit lives, and does not do this."""

    code: int

    @property
    def passes(self) -> bool:
        """Whether it may do it a moment later: it is busy, or the gateway before it did not reach it."""
        return self.code in PASSING

    def __str__(self) -> str:
        return f"{WHY.get(self.code, 'it gives no known reason')} (exception {self.code})"


class Silence(NamedTuple):
    """No answer in time. `late`: it did answer meanwhile, after its time; `rubbish` is what else was heard, `misfit`
    what is wrong with an answer that came and does not fit.
    """

    late: bool = False
    rubbish: bytes = b""
    misfit: Misfit | None = None


Outcome = Answer | Refusal | Silence


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds: how long a unit may take to answer once it was asked, and a character (0: no time) to pass."""

    answer: float
    character: float

    @property
    def silence(self) -> float:
        """Between two frames (2.5.1.1)."""
        return max(SHORTEST_SILENCE_S, 3.5 * self.character) if self.character else 0.0


@dataclass(slots=True)
class Owing:
    """What is known of a unit that left a question unanswered."""

    asked: int = 0
    late: bool = False
    requests: deque[Request] = field(default_factory=lambda: deque(maxlen=8))
    """The last of them; `numbers` are theirs, where the line has numbers."""
    numbers: deque[int] = field(default_factory=lambda: deque(maxlen=8))
    misfit: Misfit | None = None
    """What was wrong with its last answer; what it says to the echo, which it may not know, tells nothing of that."""

    def waits_for(self, frame: Frame, *, numbered: bool) -> bool:
        """Whether that answers one of the questions that it left unanswered."""
        if numbered:
            return frame.number in self.numbers
        refused = frame.pdu[0] & REFUSED and len(frame.pdu) == 2
        return bool(refused) or any(request.is_answer(frame.pdu) for request in self.requests)


@dataclass(slots=True)
class ModbusLine:
    """One asker at a time."""

    stream: SerialLine
    framing: Framing
    timing: Timing
    _asked: count[int] = field(default_factory=count)
    _owing: dict[int, Owing] = field(default_factory=dict)
    _heard_at: float = 0.0
    _misfit: Misfit | None = None
    _echoes: dict[int, bool] = field(default_factory=dict)
    """Whether a unit knows the echo, as far as that has been seen."""

    async def begin(self) -> None:
        """Before the first question: whoever spoke here last may still be owed an answer."""
        if not self.framing.numbered:
            await self._hear_out(self.timing.answer)
            self.framing.silence()

    async def ask(self, unit: int, request: Request) -> Outcome:
        """Raises LinkLost when the line is gone, BadInput when it speaks another language."""
        if unit in self._owing and not self.framing.numbered:
            settled = await self._settle(unit, request)
            if isinstance(settled, Silence):
                return settled
        return await self._exchange(unit, request)

    async def _settle(self, unit: int, request: Request) -> Outcome:
        """Until this is answered, what the unit says may be the answer to an older question."""
        owing = self._owing[unit]
        by_echo = self._echoes.get(unit, owing.asked % 2 == 1)
        outcome = await self._exchange(unit, Echo(self._number()) if by_echo else request)
        if by_echo and not isinstance(outcome, Silence):
            self._echoes[unit] = True
        elif by_echo and isinstance(outcome, Silence):
            return outcome._replace(misfit=owing.misfit)
        elif not by_echo and not isinstance(outcome, Silence):
            if owing.asked > 1 and not owing.late:
                self._echoes[unit] = False
            await self._hear_out(self.timing.answer)
        return outcome

    def _number(self) -> int:
        """1 to 65535, and again from 1."""
        return next(self._asked) % 0xFFFF + 1

    async def _exchange(self, unit: int, request: Request) -> Outcome:
        self.framing.rubbish()
        self._misfit = None
        number = self._number() if self.framing.numbered else 0
        frame = self.framing.encode(unit, number, request.pdu())
        try:
            async with asyncio.timeout(BABBLE_S):
                await self._hush()
        except TimeoutError:
            return self._unanswered(unit, number, request, frame)
        await self.stream.write(frame)
        answer = await self._answer(unit, number, request, self._now() + self._patience(len(frame), request))
        if answer is None:
            self.framing.silence()
            return self._unanswered(unit, number, request, frame)
        return answer

    async def _hush(self) -> None:
        """Hear out whatever still comes, until the line has been silent for long enough."""
        if self.timing.silence:
            silent_for = self._now() - self._heard_at
            wait = max(LEAST_LOOK_S, self.timing.silence - silent_for)
            while await self._hear_out(wait):
                wait = self.timing.silence
            self.framing.silence()

    def _patience(self, asked: int, request: Request) -> float:
        return self.timing.answer + (asked + request.longest_answer) * self.timing.character

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _read(self, until: float) -> bytes | None:
        heard = await self.stream.read_until(until)
        if heard:
            self._heard_at = self._now()
        return heard

    async def _hear_out(self, seconds: float) -> bool:
        """Whether anything came meanwhile; all of it is nobody's answer."""
        came, until = False, self._now() + seconds
        while (heard := await self._read(until)) is not None:
            came = came or bool(heard)
            for frame in self.framing.feed(heard):
                self._stray(frame)
        return came

    async def _answer(self, unit: int, number: int, request: Request, until: float) -> Outcome | None:
        """None when none came until then."""
        while (heard := await self._read(until)) is not None:
            for frame in self.framing.feed(heard):
                if frame.unit != unit or frame.number != number:
                    self._stray(frame)
                    self._note(frame, unit, number, request)
                elif request.is_answer(frame.pdu):
                    self._owing.pop(unit, None)
                    return Answer(frame.pdu)
                elif frame.pdu[0] == request.function | REFUSED and len(frame.pdu) == 2:
                    self._owing.pop(unit, None)
                    return Refusal(frame.pdu[1])
                else:
                    self._stray(frame)
                    self._note(frame, unit, number, request)
        return None

    def _note(self, frame: Frame, unit: int, number: int, request: Request) -> None:
        """What is wrong with a frame that is no answer, unless it is a late one."""
        of_other = self._owing.get(frame.unit)
        if of_other is not None and (frame.number in of_other.numbers if number else frame.unit != unit):
            return
        owing = self._owing.get(unit)
        self._misfit = of_frame(frame, unit, number, request, owing.requests if owing else ()) or self._misfit

    def _stray(self, frame: Frame) -> None:
        """An answer that nobody waits for: late, or another master's on the same wire."""
        owing = self._owing.get(frame.unit)
        if owing is not None:
            owing.late = owing.late or owing.waits_for(frame, numbered=self.framing.numbered)
            if frame.pdu[0] & ~REFUSED == ECHO:
                self._echoes[frame.unit] = True

    def _unanswered(self, unit: int, number: int, request: Request, frame: bytes) -> Silence:
        owing = self._owing.setdefault(unit, Owing())
        owing.asked += 1
        owing.requests.append(request)
        owing.numbers.append(number)
        rubbish = self.framing.rubbish()
        misfit, half = self._misfit, self.framing.half(number)
        if half is not None:
            misfit = Misfit("short", *half)
        if misfit is None and not self.framing.numbered:
            misfit = of_bytes(rubbish, unit, frame, request)
        if request.function != ECHO:
            owing.misfit = misfit
        return Silence(owing.late, rubbish, misfit)
