"""A Modbus client that never takes a late response for the response to a later request.

A unit that answers after its timeout would otherwise have that response accepted for the next request. Modbus TCP
numbers its requests. RTU does not, so on RTU

- a response counts only if unit, function code and size match the request,
- no request is sent before the line has been idle for 3.5 characters; bytes received until then are discarded,
- a unit that owes a response must first echo a number that we choose (function code 8). It answers in order, so it
  can't have sent that number earlier. A unit without function code 8 gets one request whose response is not used.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from itertools import count

from gateway.links.serial import SerialLine
from gateway.protocols.modbus.frames import ModbusFrame, ModbusFramer
from gateway.protocols.modbus.mismatch import Mismatch, check_bytes, check_frame
from gateway.protocols.modbus.outcome import ExceptionResponse, ModbusResponse, NoResponse, Outcome
from gateway.protocols.modbus.pending_responses import PendingResponses
from gateway.protocols.modbus.request import DIAGNOSTICS, EXCEPTION_FLAG, EchoRequest, ModbusRequest

MAX_BUSY_S = 0.25
"""How long to wait for a line on which somebody else keeps sending."""
MIN_READ_S = 0.001
"""Time to read what has arrived meanwhile, on a line that has been idle for long enough."""
MIN_FRAME_GAP_S = 0.00175
"""From 19,200 baud on (2.5.1.1)."""


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds: a unit's response timeout, and the time one character takes on the wire (0 on TCP)."""

    response_timeout: float
    character: float

    @property
    def frame_gap(self) -> float:
        """Idle time between two frames (2.5.1.1)."""
        return max(MIN_FRAME_GAP_S, 3.5 * self.character) if self.character else 0.0


@dataclass(slots=True)
class ModbusClient:
    """Sends one request at a time; only one task may use it."""

    stream: SerialLine
    framer: ModbusFramer
    timing: Timing
    _next_id: count[int] = field(default_factory=count)
    _pending: dict[int, PendingResponses] = field(default_factory=dict)
    _last_byte_at: float = 0.0
    _mismatch: Mismatch | None = None
    _supports_echo: dict[int, bool] = field(default_factory=dict)
    """By unit, once known."""

    async def drain(self) -> None:
        """Call before the first request: the previous client of this line may still be owed a response."""
        if not self.framer.has_transaction_ids:
            await self._discard_for(self.timing.response_timeout)
            self.framer.line_idle()

    async def request(self, unit: int, request: ModbusRequest) -> Outcome:
        """Send a request and wait for its response. Raises LinkLost; BadInput for data that is not Modbus."""
        # TCP needs no such care: a late response carries the transaction id of its request.
        if unit in self._pending and not self.framer.has_transaction_ids:
            settled = await self._settle(unit, request)
            if isinstance(settled, NoResponse):
                return settled
        return await self._exchange(unit, request)

    async def _settle(self, unit: int, request: ModbusRequest) -> Outcome:
        """Make sure that no older response of this unit is still to come."""
        pending = self._pending[unit]
        # While it is unknown whether the unit supports the echo, alternate between echo and plain request.
        by_echo = self._supports_echo.get(unit, pending.unanswered % 2 == 1)
        outcome = await self._exchange(unit, EchoRequest(self._new_id()) if by_echo else request)
        if by_echo and not isinstance(outcome, NoResponse):
            self._supports_echo[unit] = True
        elif by_echo and isinstance(outcome, NoResponse):
            return outcome._replace(mismatch=pending.mismatch)
        elif not by_echo and not isinstance(outcome, NoResponse):
            if pending.unanswered > 1 and not pending.late:
                # It missed both an echo and a plain request before, and no late response came: the echo was ignored.
                self._supports_echo[unit] = False
            # This response may belong to an older request, so another one may follow: drop it.
            await self._discard_for(self.timing.response_timeout)
        return outcome

    def _new_id(self) -> int:
        """1 to 65535, and again from 1."""
        # Never 0: that stands for RTU, which has no transaction ids.
        return next(self._next_id) % 0xFFFF + 1

    async def _exchange(self, unit: int, request: ModbusRequest) -> Outcome:
        self.framer.take_garbage()
        self._mismatch = None
        transaction_id = self._new_id() if self.framer.has_transaction_ids else 0
        frame = self.framer.encode(unit, transaction_id, request.pdu())
        try:
            # A second master, or noise, may keep the line busy for ever.
            async with asyncio.timeout(MAX_BUSY_S):
                await self._wait_for_gap()
        except TimeoutError:
            return self._no_response(unit, transaction_id, request, frame)
        await self.stream.write(frame)
        deadline = self._now() + self._response_timeout(len(frame), request)
        response = await self._read_response(unit, transaction_id, request, deadline)
        # Whatever is incomplete now must not be joined with the bytes of the next response.
        if response is None:
            self.framer.line_idle()
            return self._no_response(unit, transaction_id, request, frame)
        return response

    async def _wait_for_gap(self) -> None:
        """Discard received bytes until the line has been idle for one frame gap."""
        if self.timing.frame_gap:
            idle_for = self._now() - self._last_byte_at
            wait = max(MIN_READ_S, self.timing.frame_gap - idle_for)
            while await self._discard_for(wait):
                wait = self.timing.frame_gap
            self.framer.line_idle()

    def _response_timeout(self, request_size: int, request: ModbusRequest) -> float:
        """Includes the time that both frames take on the wire."""
        return self.timing.response_timeout + (request_size + request.max_response_size) * self.timing.character

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _read(self, until: float) -> bytes | None:
        data = await self.stream.read_until(until)
        if data:
            self._last_byte_at = self._now()
        return data

    async def _discard_for(self, seconds: float) -> bool:
        """Read and discard. Returns whether anything was received."""
        received, until = False, self._now() + seconds
        while (data := await self._read(until)) is not None:
            received = received or bool(data)
            for frame in self.framer.feed(data):
                self._note_unexpected(frame)
        return received

    async def _read_response(
        self, unit: int, transaction_id: int, request: ModbusRequest, until: float
    ) -> Outcome | None:
        """None when no response arrived before `until`."""
        while (data := await self._read(until)) is not None:
            for frame in self.framer.feed(data):
                if frame.unit != unit or frame.transaction_id != transaction_id:
                    self._note_unexpected(frame)
                    self._note_mismatch(frame, unit, transaction_id, request)
                elif request.is_response(frame.pdu):
                    self._pending.pop(unit, None)
                    return ModbusResponse(frame.pdu)
                elif frame.pdu[0] == request.function | EXCEPTION_FLAG and len(frame.pdu) == 2:
                    self._pending.pop(unit, None)
                    return ExceptionResponse(frame.pdu[1])
                else:
                    self._note_unexpected(frame)
                    self._note_mismatch(frame, unit, transaction_id, request)
        return None

    def _note_mismatch(self, frame: ModbusFrame, unit: int, transaction_id: int, request: ModbusRequest) -> None:
        """Record why a frame is not the response, unless it is a late response."""
        # A late response of another unit is no mismatch of this one.
        of_other = self._pending.get(frame.unit)
        if of_other is not None and (
            frame.transaction_id in of_other.transaction_ids if transaction_id else frame.unit != unit
        ):
            return
        pending = self._pending.get(unit)
        requests = pending.requests if pending else ()
        self._mismatch = check_frame(frame, unit, transaction_id, request, requests) or self._mismatch

    def _note_unexpected(self, frame: ModbusFrame) -> None:
        """Record a frame that is no response to the current request: a late one, or one for another master."""
        pending = self._pending.get(frame.unit)
        if pending is not None:
            by_transaction_id = self.framer.has_transaction_ids
            pending.late = pending.late or pending.includes(frame, by_transaction_id=by_transaction_id)
            # Even an exception response to function code 8 shows that the unit answers it, and in order.
            if frame.pdu[0] & ~EXCEPTION_FLAG == DIAGNOSTICS:
                self._supports_echo[frame.unit] = True

    def _no_response(self, unit: int, transaction_id: int, request: ModbusRequest, frame: bytes) -> NoResponse:
        pending = self._pending.setdefault(unit, PendingResponses())
        pending.unanswered += 1
        pending.requests.append(request)
        pending.transaction_ids.append(transaction_id)
        garbage = self.framer.take_garbage()
        mismatch, partial = self._mismatch, self.framer.partial_response(transaction_id)
        if partial is not None:
            mismatch = Mismatch("short", *partial)
        # Only now: until the timeout the bytes may still become a frame.
        if mismatch is None and not self.framer.has_transaction_ids:
            mismatch = check_bytes(garbage, unit, frame, request)
        if request.function != DIAGNOSTICS:
            pending.mismatch = mismatch
        return NoResponse(pending.late, garbage, mismatch)
