"""The one who speaks on a line: asks all units in turn, writes what is wanted, and looks whether it was done."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence

import structlog

from gateway.links.contacts.board import Board, Point
from gateway.links.modbus.line import Answer, ModbusLine, Refusal, Silence
from gateway.links.modbus.plan import points
from gateway.links.modbus.request import Read, Write
from gateway.links.modbus.rota import Rota

log = structlog.get_logger(__name__)
LOOK_AGAIN_S = 0.1
"""How often a unit is asked on which an order or a moving barrier waits."""


class Asker:
    """Hands every look to the board. `seen` is called after that, `missed` with why there is no look."""

    def __init__(
        self,
        line: ModbusLine,
        reads: Mapping[int, Sequence[Read]],
        board: Board,
        rota: Rota,
        seen: Callable[[int], None],
        missed: Callable[[int, Refusal | Silence], None],
    ) -> None:
        self._line, self._reads, self._board, self._rota = line, reads, board, rota
        self._seen, self._missed = seen, missed
        self._now = asyncio.get_running_loop().time
        self._looked: dict[int, float] = {}
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
            at = min(until, self._board.next_at() or until)
            if self._board.busy():
                at = min(at, self._now() + LOOK_AGAIN_S)
            try:
                async with asyncio.timeout_at(at):
                    await self.wanted.wait()
            except TimeoutError:
                pass
            await self._act()

    async def _act(self) -> None:
        """Write what is wanted and read it back; look again where something waits."""
        self.wanted.clear()
        now = self._now()
        ask = {unit for unit in self._board.busy() if now - self._looked.get(unit, 0.0) >= LOOK_AGAIN_S}
        for point, on in self._board.drives(now):
            ask.add(point.unit)
            outcome = await self._line.ask(point.unit, Write(point.number, on))
            if isinstance(outcome, Refusal):
                log.warning("a unit refuses to switch", unit=point.unit, coil=point.number, why=str(outcome))
        for unit in sorted(ask):
            await self._look(unit)

    async def _look(self, unit: int) -> None:
        self._looked[unit] = self._now()
        read: dict[Point, bool] = {}
        for request in self._reads[unit]:
            outcome = await self._line.ask(unit, request)
            if not isinstance(outcome, Answer):
                self._missed(unit, outcome)
                return
            read |= points(unit, request, request.bits(outcome.pdu))
        self._board.see(unit, read, self._now())
        self._seen(unit)
