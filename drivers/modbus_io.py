"""Input and output modules on a Modbus line: contacts, sirens, strikes, gate barriers and fire linkage.

All units are asked in turn, and one task alone speaks on the line (gateway/links/modbus/asker.py).
What they say and what is wanted meet in gateway/links/contacts; what was ordered is confirmed by
reading it back. Telling waits for the disk and has a task of its own: what fire holds waits for nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import ClassVar

from gateway.driver import Driver, DriverSettings, Emit, Part
from gateway.errors import BadInput, CommandFailed, LinkLost, NotRecorded
from gateway.links.quarantine import LimitedQuarantine
from gateway.links.state_file import StateWriter
from gateway.model import Command, Device, DeviceType, Json, Signal, Words, new_id
from gateway.protocols.contacts.board import Board
from gateway.protocols.contacts.order import Order
from gateway.protocols.modbus.line import ModbusLine, Refusal, Silence
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.pace import Pace
from gateway.protocols.modbus.pieces import Pieces
from gateway.protocols.modbus.plan import named, parts, pieces, wiring
from gateway.protocols.modbus.poll_schedule import PollSchedule
from gateway.protocols.modbus.poller import Poller
from gateway.protocols.modbus.rows import Unit
from gateway.protocols.modbus.settings import ModbusIoSettings

UNTOLD_AT_MOST = 1000
"""Signals that wait for the disk; beyond it contacts are told as they then stand, not each turn of theirs."""
OWN_SHARE = 0.9
"""Of a command's time: then it is told what was not confirmed, before whoever ordered gives up."""
AGAIN_S = 1.0
"""Until a disk that took nothing is tried again."""


class Kept:
    """What outlives a loss of the line: how all was told to be, what is latched, what is still to be told, and which
    ranges each unit answers.
    """

    def __init__(self, board: Board, ranges: Mapping[int, Sequence[Pieces]]) -> None:
        self.board = board
        self.ranges = ranges
        self.untold: deque[Signal] = deque()
        self.rung: set[str] = set()


class ModbusIo(Driver):
    Settings: ClassVar[type[DriverSettings]] = ModbusIoSettings
    LINK = "modbus"
    LONGEST_PAUSE = timedelta(seconds=5)  # a fire contact may hang on it
    TYPE = DeviceType.PANEL

    settings: ModbusIoSettings

    def __init__(self, device: Device, settings: ModbusIoSettings, link: ModbusLink[Kept], emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._units = {unit.address: unit for unit in settings.units}
        self._rota = PollSchedule(self._units, settings.missed_polls)
        self._orders: dict[Order, asyncio.Future[None]] = {}
        self._asker: Poller | None = None
        self._lost: dict[int, Words] = {}
        self._refusing: dict[int, Words] = {}
        self._quiet: Counter[int] = Counter()
        self._rubbish: tuple[Words, bytes] | None = None
        self._to_tell = asyncio.Event()
        self._aside = LimitedQuarantine(emit)
        ranges = {address: pieces(unit) for address, unit in self._units.items()}
        link.kept = self._kept = link.kept or Kept(Board(wiring(settings), link.state_file.read()), ranges)
        self._board = self._kept.board
        self._scribe = StateWriter(link.state_file, self._board.owed)
        self.pace = Pace(device.id, settings.cycle.total_seconds())

    @classmethod
    def parts(cls, settings: ModbusIoSettings) -> Sequence[Part]:
        return parts(settings)

    def figures(self) -> Mapping[str, float]:
        """How long the last cycle took, and the longest so far."""
        return {} if self.pace.took is None else {"cycle_s": self.pace.took, "longest_cycle_s": self.pace.longest}

    async def run(self) -> None:
        """Raises LinkLost when the port is gone, or when no unit answers any more; one that refuses answers."""
        try:
            async with self.link.open() as line, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._tell())
                tasks.create_task(self._scribe.run())
                tasks.create_task(self._serve(line))
        except ExceptionGroup as several:
            raise several.exceptions[0] from several
        finally:
            self._asker = None
            for unit in self._units:
                self._board.lose(unit)
            self._answer_orders()
            self._scribe.close()

    async def perform(self, command: Command) -> Json | None:
        """Returns once the device was seen to have done it."""
        order = self._board.order(command.device, command.action, command.arguments)
        confirmed = self._orders[order] = asyncio.get_running_loop().create_future()
        self._scribe.check()
        if self._asker:
            self._asker.wanted.set()
        self._answer_orders()
        try:
            async with asyncio.timeout(OWN_SHARE * command.limit.total_seconds()):
                await confirmed
        except TimeoutError:
            en = f"{command.action} was sent to {command.device} and not confirmed"
            raise CommandFailed(Words("指令已发出，设备未确认", en)) from None
        finally:
            del self._orders[order]
            self._board.withdraw(order)
        return None

    def _answer_orders(self) -> None:
        for order, waiting in self._orders.items():
            if order.over and not waiting.done():
                if order.failed is None:
                    waiting.set_result(None)
                else:
                    en = f"{order.action} of {order.device}: {order.failed}"
                    waiting.set_exception(CommandFailed(Words(order.failed.zh, en)))

    async def _serve(self, line: ModbusLine) -> None:
        now = asyncio.get_running_loop().time
        self._asker = asker = Poller(line, self._kept.ranges, self._board, self._rota, self._seen, self._missed)
        try:
            while True:
                self.pace.begins(now())
                await asker.cycle()
                self.pace.ends(now())
                self._judge()
                await asker.rest(self.pace.next_at)
        except BadInput as error:
            await self._aside.put(error.why, error.data)
            en = f"{self.settings.port}: {error.why}: is `framing` right?"
            raise LinkLost(Words("线路上的数据无法识别，请通知安装员检查 framing", en)) from error

    def _seen(self, unit: int) -> None:
        self._rota.answered(unit)
        self._lost.pop(unit, None)
        self._refusing.pop(unit, None)
        missing = self._missing(unit)
        if missing is None:
            self.emit.heard(self._units[unit].id)
        else:
            self.emit.refused(self._units[unit].id, missing)
        self._answer_orders()
        self._scribe.check()
        untold = self._kept.untold
        if len(untold) < UNTOLD_AT_MOST:
            for news in self._board.news(unit, asyncio.get_running_loop().time()):
                untold.append(Signal(device=news.device, kind=news.kind, data=news.data, source_id=new_id("c")))
        if untold:
            self._to_tell.set()

    def _missed(self, unit: int, outcome: Refusal | Silence) -> None:
        now, why = asyncio.get_running_loop().time(), self._why(unit, outcome)
        if isinstance(outcome, Refusal) and not outcome.passes:
            fresh = self._rota.refused(unit, now)
            self._refusing[unit] = why
            self._quiet[unit] = 0
        else:
            fresh = self._rota.missed(unit, now) or self._refuses_no_more(unit)
        if isinstance(outcome, Silence) and outcome.rubbish and self._rubbish is None:
            self._rubbish = why, outcome.rubbish
            self._to_tell.set()
        if fresh or unit in self._refusing:
            self._lost[unit] = why
        if fresh:
            self._board.lose(unit)
            self._answer_orders()

    def _refuses_no_more(self, unit: int) -> bool:
        """Whether a unit that refused has just become one that does not answer: an answer or two may be lost."""
        if unit not in self._refusing:
            return False
        self._quiet[unit] += 1
        if self._quiet[unit] < self.settings.missed_polls:
            return False
        del self._refusing[unit]
        return True

    def _missing(self, unit: int) -> Words | None:
        """Which of its inputs the YAML names and the unit does not have, though it tells others."""
        row, gone = self._units[unit], [each for each in self._kept.ranges[unit] if each.missing]
        if not gone:
            return None
        what = "; ".join(_named(row, each) for each in gone)
        en = f"{row.id} (address {unit}) has no {what}: check `number` and `table`"
        return Words(f"模块（地址{unit}）没有 {what}，请通知安装员检查 number 和 table", en)

    def _why(self, unit: int, outcome: Refusal | Silence) -> Words:
        zh, en = f"模块（地址{unit}）", f"{self._units[unit].id} (address {unit})"
        if isinstance(outcome, Refusal):
            mend = "" if outcome.passes else "; check `number` and `table` of each"
            return Words(f"{zh}拒绝读取，请通知安装员", f"{en} refuses to tell its inputs: {outcome}{mend}")
        if outcome.misfit is not None:
            said = outcome.misfit.words
            return Words(f"{zh}{said.zh}", f"{en} {said.en}")
        if outcome.late:
            en = f"{en} answers later than {self.settings.answer_within:g} s: raise `timeout`"
            return Words(f"{zh}应答太慢，请通知安装员", en)
        if outcome.rubbish:
            en = f"{en} can't be understood: check baud, parity, the pair A/B and its termination"
            return Words(f"{zh}数据无法识别，请通知安装员检查接线", en)
        return Words(
            f"{zh}无应答，请检查供电和线路", f"{en} does not answer: check its power, its address and the line"
        )

    def _judge(self) -> None:
        """At a cycle's end: say who was lost in it, or, when it was the last, that the line is."""
        if self._rota.all_dead and self._refusing:
            self.emit.refused(None, next(iter(self._refusing.values())))
            return  # which of them do not answer at all is told once the line is well again
        if self._rota.all_dead:
            first = next(iter(self._lost.values()), Words("没有模块应答", "no unit answers"))
            if len(self._units) > 1:
                en = f"no unit on {self.settings.port} answers; {first}"
                raise LinkLost(Words("全部模块无应答，请检查总线供电和线路", en))
            raise LinkLost(first)
        for unit, why in self._lost.items():
            (self.emit.refused if unit in self._refusing else self.emit.lost)(self._units[unit].id, why)
        self._lost.clear()

    async def _tell(self) -> None:
        untold = self._kept.untold
        while True:
            await self._to_tell.wait()
            self._to_tell.clear()
            while untold:
                try:
                    await self.emit(untold[0])
                except NotRecorded:
                    await self._ring()
                    await asyncio.sleep(AGAIN_S)
                else:
                    untold.popleft()
            if self._rubbish:
                await self._aside.put(*self._rubbish)
                self._rubbish = None

    async def _ring(self) -> None:
        """The disk takes nothing: alarms that wait behind what it did not take show from memory, each once."""
        for signal in [each for each in self._kept.untold if each.is_alarm and each.id not in self._kept.rung]:
            self._kept.rung.add(signal.id)
            with suppress(NotRecorded):
                await self.emit(signal)
        self._kept.rung &= {each.id for each in self._kept.untold}


def _named(unit: Unit, ranges: Pieces) -> str:
    """`discrete 8, 9 (zone-8, zone-9)`"""
    numbers, devices = sorted(ranges.missing), named(unit, ranges.table, ranges.missing)
    return f"{ranges.table} {', '.join(map(str, numbers))} ({', '.join(devices)})"


DRIVER = ModbusIo
