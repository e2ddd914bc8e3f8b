"""Polls the units of a line in turn, writes pending coils and reads them back. The only task that sends on the line."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from gateway.protocols.contacts.controller import IoController
from gateway.protocols.contacts.wiring import CoilWrite, Point
from gateway.protocols.modbus.client import ModbusClient
from gateway.protocols.modbus.outcome import ExceptionResponse, ModbusResponse, NoResponse, Outcome
from gateway.protocols.modbus.poll_schedule import PollSchedule
from gateway.protocols.modbus.read_ranges import MAX_SPLITS_PER_POLL, SPLIT_ON, ReadRanges
from gateway.protocols.modbus.request import WriteCoilRequest
from gateway.protocols.modbus.wiring import decode_points

log = structlog.get_logger(__name__)
FAST_POLL_S = 0.1
"""Poll interval of a unit with a pending command or a moving barrier."""
REWRITE_S = 0.5
"""How often a coil that does not follow is written again: a stuck relay must not keep the line busy."""
MIN_WAIT_S = 0.02


class Poller:
    """Passes every read to the controller, then calls `on_read(unit)`; `on_failure(unit, outcome)` if a read failed."""

    def __init__(
        self,
        client: ModbusClient,
        ranges: Mapping[int, Sequence[ReadRanges]],
        controller: IoController,
        schedule: PollSchedule,
        on_read: Callable[[int], None],
        on_failure: Callable[[int, ExceptionResponse | NoResponse], None],
    ) -> None:
        self._client, self._ranges, self._controller, self._schedule = client, ranges, controller, schedule
        self._on_read, self._on_failure = on_read, on_failure
        self._now = asyncio.get_running_loop().time
        self._polled_at: dict[int, float] = {}
        self._written: dict[Point, tuple[bool, float]] = {}
        self._rejected: set[Point] = set()
        self.command_pending = asyncio.Event()
        """To be set when the controller was given a command."""

    async def cycle(self) -> None:
        """Poll every unit that is due. Raises LinkLost; BadInput for data that is not Modbus."""
        for unit in self._schedule.due(self._now()):
            await self._poll(unit)
            # After each unit: a command must not wait for the end of a cycle.
            await self._write_and_confirm()

    async def wait(self, until: float) -> None:
        """Wait for the next cycle; meanwhile handle commands and timers."""
        while self._now() < until:
            at = until
            if (timer_at := self._controller.next_at()) is not None:
                at = min(at, max(timer_at, self._now() + MIN_WAIT_S))
            if self._controller.busy_units():
                at = min(at, self._now() + FAST_POLL_S)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(at):
                    await self.command_pending.wait()
            await self._write_and_confirm()

    async def _write_and_confirm(self) -> None:
        """Write pending coils and read them back; poll busy units; repeat until nothing more is to be written."""
        self.command_pending.clear()
        now = self._now()
        units = {unit for unit in self._controller.busy_units() if now - self._polled_at.get(unit, 0.0) >= FAST_POLL_S}
        while units := units | await self._write():
            for unit in sorted(units):
                await self._poll(unit)
            units = set()

    async def _write(self) -> set[int]:
        """Returns the units that were written to."""
        units = set()
        # One at a time: what is pending may have changed while the last write waited for its response.
        while write := next(filter(self._may_write, self._controller.pending_writes(self._now())), None):
            point, on = write
            # Noted before the request: a unit that does not answer must not be written to at once again.
            self._written[point] = on, self._now()
            units.add(point.unit)
            outcome = await self._client.request(point.unit, WriteCoilRequest(point.number, on))
            self._log_rejected(point, outcome)
        return units

    def _may_write(self, write: CoilWrite) -> bool:
        on, at = self._written.get(write.point, (not write.on, 0.0))
        return on != write.on or self._now() - at >= REWRITE_S

    def _log_rejected(self, point: Point, outcome: Outcome) -> None:
        if not isinstance(outcome, ExceptionResponse):
            self._rejected.discard(point)
        elif point not in self._rejected:
            self._rejected.add(point)
            log.warning("a unit rejects a coil write", unit=point.unit, coil=point.number, why=str(outcome))

    async def _poll(self, unit: int) -> None:
        self._polled_at[unit] = self._now()
        read: dict[Point, bool] = {}
        for ranges in self._ranges[unit]:
            outcome = await self._read(unit, ranges, read)
            # The other tables of this unit are not worth another timeout.
            if outcome is not None:
                self._on_failure(unit, outcome)
                return
        if any(ranges.is_splitting for ranges in self._ranges[unit]):
            return  # the next poll reads the rest
        if not read:
            code = next(code for ranges in self._ranges[unit] for code in ranges.missing.values())
            self._on_failure(unit, ExceptionResponse(code))
            return
        self._controller.update(unit, read, self._now())
        self._on_read(unit)

    async def _read(
        self, unit: int, ranges: ReadRanges, read: dict[Point, bool]
    ) -> ExceptionResponse | NoResponse | None:
        """Add what can be read of a table to `read`. Returns the outcome that ends this unit's poll, or None."""
        due, splits = deque(ranges.requests(self._now())), 0
        while due and splits < MAX_SPLITS_PER_POLL:
            request = due.popleft()
            outcome = await self._client.request(unit, request)
            if isinstance(outcome, ModbusResponse):
                read |= decode_points(unit, request, request.bits(outcome.pdu))
                if ranges.accepted(request):
                    break
            # The range may contain addresses that the unit does not have: try smaller ones.
            elif isinstance(outcome, ExceptionResponse) and outcome.code in SPLIT_ON:
                due += ranges.rejected(request, outcome.code, self._now())
                splits += 1
            else:
                return outcome
        return None
