"""The one who speaks on a line: asks all units in turn, writes what is wanted, and looks whether it was done."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import structlog

from gateway.protocols.contacts.board import Board, Drive, Point
from gateway.protocols.modbus.line import Answer, ModbusLine, Outcome, Refusal, Silence
from gateway.protocols.modbus.pieces import CUT_ON, CUTS_A_LOOK, Pieces
from gateway.protocols.modbus.plan import points
from gateway.protocols.modbus.poll_schedule import PollSchedule
from gateway.protocols.modbus.request import Write

log = structlog.get_logger(__name__)
LOOK_AGAIN_S = 0.1
"""How often a unit is asked on which an order or a moving barrier waits."""
WRITE_AGAIN_S = 0.5
"""How often what a unit does not do is written again: a relay that is stuck must not take the line."""
LEAST_REST_S = 0.02


class Poller:
    """Hands every look to the board. `seen` is called after that, `missed` with why there is no look."""

    def __init__(
        self,
        line: ModbusLine,
        pieces: Mapping[int, Sequence[Pieces]],
        board: Board,
        rota: PollSchedule,
        seen: Callable[[int], None],
        missed: Callable[[int, Refusal | Silence], None],
    ) -> None:
        self._line, self._pieces, self._board, self._rota = line, pieces, board, rota
        self._seen, self._missed = seen, missed
        self._now = asyncio.get_running_loop().time
        self._looked: dict[int, float] = {}
        self._written: dict[Point, tuple[bool, float]] = {}
        self._refused: set[Point] = set()
        self.wanted = asyncio.Event()
        """To be set when the board was given an order."""

    async def cycle(self) -> None:
        """Everybody's turn. Raises LinkLost, or BadInput when the line speaks another language."""
        for unit in self._rota.due(self._now()):
            await self._look(unit)
            await self._act()

    async def rest(self, until: float) -> None:
        """Wait for the next cycle, and meanwhile for orders and for what time alone wants."""
        while self._now() < until:
            at = until
            if (wanted_at := self._board.next_at()) is not None:
                at = min(at, max(wanted_at, self._now() + LEAST_REST_S))
            if self._board.busy():
                at = min(at, self._now() + LOOK_AGAIN_S)
            with suppress(TimeoutError):
                async with asyncio.timeout_at(at):
                    await self.wanted.wait()
            await self._act()

    async def _act(self) -> None:
        """Write what is wanted and read it back; look again where something waits; until nothing follows from it."""
        self.wanted.clear()
        now = self._now()
        looks = {unit for unit in self._board.busy() if now - self._looked.get(unit, 0.0) >= LOOK_AGAIN_S}
        while looks := looks | await self._write():
            for unit in sorted(looks):
                await self._look(unit)
            looks = set()

    async def _write(self) -> set[int]:
        """The units that were written to. Asks anew what is wanted after each, as that may have changed meanwhile."""
        units = set()
        while drive := next(filter(self._may_write, self._board.drives(self._now())), None):
            point, on = drive
            self._written[point] = on, self._now()
            units.add(point.unit)
            self._heed(point, await self._line.ask(point.unit, Write(point.number, on)))
        return units

    def _may_write(self, drive: Drive) -> bool:
        on, at = self._written.get(drive.point, (not drive.on, 0.0))
        return on != drive.on or self._now() - at >= WRITE_AGAIN_S

    def _heed(self, point: Point, outcome: Outcome) -> None:
        if not isinstance(outcome, Refusal):
            self._refused.discard(point)
        elif point not in self._refused:
            self._refused.add(point)
            log.warning("a unit refuses to switch", unit=point.unit, coil=point.number, why=str(outcome))

    async def _look(self, unit: int) -> None:
        self._looked[unit] = self._now()
        read: dict[Point, bool] = {}
        for pieces in self._pieces[unit]:
            outcome = await self._read(unit, pieces, read)
            if outcome is not None:
                self._missed(unit, outcome)
                return
        if self._is_cutting(unit):
            return  # the rest is found in the next cycle
        if not read:
            self._missed(unit, Refusal(next(code for each in self._pieces[unit] for code in each.missing.values())))
            return
        self._board.see(unit, read, self._now())
        self._seen(unit)

    async def _read(self, unit: int, pieces: Pieces, read: dict[Point, bool]) -> Refusal | Silence | None:
        """All of a table that can be read; why nothing more is to be asked of this unit now."""
        due, cuts = deque(pieces.due(self._now())), 0
        while due and cuts < CUTS_A_LOOK:
            request = due.popleft()
            outcome = await self._line.ask(unit, request)
            if isinstance(outcome, Answer):
                read |= points(unit, request, request.bits(outcome.pdu))
                if pieces.answered(request):
                    break
            elif isinstance(outcome, Refusal) and outcome.code in CUT_ON:
                due += pieces.refused(request, outcome.code, self._now())
                cuts += 1
            else:
                return outcome
        return None

    def _is_cutting(self, unit: int) -> bool:
        return any(pieces.is_cutting for pieces in self._pieces[unit])
