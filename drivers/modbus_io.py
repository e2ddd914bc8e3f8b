"""Input and output modules on a Modbus line: contacts, sirens, strikes, gate barriers and fire linkage.

One task polls all units in turn and is the only one that sends on the line (gateway/protocols/modbus/poller.py). An
IoController (gateway/protocols/contacts) turns what was read into signals and commands into writes; a command is
confirmed by reading the output back. Signals wait for the disk in a task of their own, so that fire linkage never does.
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
from gateway.links.rate_limit import QuarantineLimit
from gateway.links.state_file import StateWriter
from gateway.model import Command, Device, DeviceType, Json, Signal, Words, new_id
from gateway.protocols.contacts.controller import IoController
from gateway.protocols.contacts.pending_command import PendingCommand
from gateway.protocols.modbus.client import ModbusClient
from gateway.protocols.modbus.cycle_time import CycleTime
from gateway.protocols.modbus.diagnosis import describe_failure, describe_missing
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.outcome import ExceptionResponse, NoResponse
from gateway.protocols.modbus.poll_schedule import PollSchedule
from gateway.protocols.modbus.poller import Poller
from gateway.protocols.modbus.read_ranges import ReadRanges
from gateway.protocols.modbus.settings import ModbusIoSettings
from gateway.protocols.modbus.wiring import build_wiring, parts, read_ranges

MAX_PENDING_SIGNALS = 1000
"""Signals that wait for the disk. Beyond that, changes are merged: only a contact's latest state is reported."""
CONFIRM_SHARE = 0.9
"""Share of a command's time limit to wait for its confirmation: we report a failure before the caller gives up."""
RETRY_S = 1.0
"""Pause after the disk rejected a signal."""


class ModbusIoState:
    """Survives a loss of the line: the controller's state, the readable ranges, and signals not yet recorded."""

    def __init__(self, controller: IoController, ranges: Mapping[int, Sequence[ReadRanges]]) -> None:
        self.controller = controller
        self.ranges = ranges
        self.pending: deque[Signal] = deque()
        self.shown: set[str] = set()
        """Ids of pending alarms that the guard already sees, from memory."""


class ModbusIo(Driver):
    """The driver of one line."""

    Settings: ClassVar[type[DriverSettings]] = ModbusIoSettings
    LINK = "modbus"
    LONGEST_PAUSE = timedelta(seconds=5)  # a fire contact may be on it
    TYPE = DeviceType.PANEL

    settings: ModbusIoSettings

    def __init__(self, device: Device, settings: ModbusIoSettings, link: ModbusLink[ModbusIoState], emit: Emit) -> None:
        super().__init__(device, settings, link, emit)
        self._units = {unit.address: unit for unit in settings.units}
        self._schedule = PollSchedule(self._units, settings.missed_polls)
        self._commands: dict[PendingCommand, asyncio.Future[None]] = {}
        self._poller: Poller | None = None
        self._lost: dict[int, Words] = {}
        """Units lost in this cycle, with the reason."""
        self._rejecting: dict[int, Words] = {}
        """Units that answer their polls with an exception."""
        self._missed_since_rejecting: Counter[int] = Counter()
        self._garbage: tuple[Words, bytes] | None = None
        self._has_pending = asyncio.Event()
        self._quarantine = QuarantineLimit(emit)
        if link.driver_state is None:
            ranges = {address: read_ranges(unit) for address, unit in self._units.items()}
            link.driver_state = ModbusIoState(IoController(build_wiring(settings), link.state_file.read()), ranges)
        self._state = link.driver_state
        self._controller = self._state.controller
        self._state_writer = StateWriter(link.state_file, self._controller.unfinished)
        self.cycle_time = CycleTime(device.id, settings.cycle.total_seconds())

    @classmethod
    def parts(cls, settings: ModbusIoSettings) -> Sequence[Part]:
        """Units, the devices on them, and interlocks."""
        return parts(settings)

    def figures(self) -> Mapping[str, float]:
        """How long the last poll cycle took, and the longest so far, in seconds."""
        if self.cycle_time.last is None:
            return {}
        return {"cycle_s": self.cycle_time.last, "longest_cycle_s": self.cycle_time.longest}

    async def run(self) -> None:
        """Raises LinkLost when the port is lost or no unit answers. A unit that sends exceptions does answer."""
        try:
            async with self.link.open() as client, asyncio.TaskGroup() as tasks:
                tasks.create_task(self._send_pending())
                tasks.create_task(self._state_writer.run())
                tasks.create_task(self._poll(client))
        except ExceptionGroup as group:
            # The supervisor expects LinkLost itself; the other tasks were cancelled by the first error.
            raise group.exceptions[0] from group
        finally:
            self._poller = None
            for unit in self._units:
                self._controller.unit_lost(unit)
            self._resolve_commands()
            self._state_writer.end()

    async def perform(self, command: Command) -> Json | None:
        """Returns once the output was read back as commanded."""
        pending = self._controller.start(command.device, command.action, command.arguments)
        confirmed = self._commands[pending] = asyncio.get_running_loop().create_future()
        self._state_writer.look()
        if self._poller:
            # Do not wait for the next cycle.
            self._poller.command_pending.set()
        self._resolve_commands()
        try:
            async with asyncio.timeout(CONFIRM_SHARE * command.limit.total_seconds()):
                await confirmed
        except TimeoutError:
            en = f"{command.action} was sent to {command.device} and not confirmed"
            raise CommandFailed(Words("指令已发出，设备未确认", en)) from None
        finally:
            del self._commands[pending]
            self._controller.cancel(pending)
        return None

    def _resolve_commands(self) -> None:
        """Wake the callers of finished commands."""
        for command, future in self._commands.items():
            if command.finished and not future.done():
                if command.failure is None:
                    future.set_result(None)
                else:
                    en = f"{command.action} of {command.device}: {command.failure}"
                    future.set_exception(CommandFailed(Words(command.failure.zh, en)))

    async def _poll(self, client: ModbusClient) -> None:
        now = asyncio.get_running_loop().time
        state, schedule = self._state, self._schedule
        self._poller = poller = Poller(
            client, state.ranges, self._controller, schedule, self._on_read, self._on_failure
        )
        try:
            while True:
                self.cycle_time.start(now())
                await poller.cycle()
                self.cycle_time.end(now())
                self._report_lost()
                await poller.wait(self.cycle_time.next_at)
        except BadInput as error:
            await self._quarantine.put(error.why, error.data)
            en = f"{self.settings.port}: {error.why}: is `framing` right?"
            raise LinkLost(Words("线路上的数据无法识别，请通知安装员检查 framing", en)) from error

    def _on_read(self, unit: int) -> None:
        self._schedule.answered(unit)
        self._lost.pop(unit, None)
        self._rejecting.pop(unit, None)
        missing = describe_missing(self._units[unit], self._state.ranges[unit])
        if missing is None:
            self.emit.heard(self._units[unit].id)
        else:
            self.emit.refused(self._units[unit].id, missing)
        self._resolve_commands()
        self._state_writer.look()
        pending = self._state.pending
        # When too many signals wait, the controller keeps its changes; later it reports only the state at that time.
        if len(pending) < MAX_PENDING_SIGNALS:
            for change in self._controller.take_changes(unit, asyncio.get_running_loop().time()):
                pending.append(Signal(device=change.device, kind=change.kind, data=change.data, source_id=new_id("c")))
        if pending:
            self._has_pending.set()

    def _on_failure(self, unit: int, outcome: ExceptionResponse | NoResponse) -> None:
        now = asyncio.get_running_loop().time()
        why = describe_failure(self._units[unit], outcome, self.settings.response_timeout_s)
        if isinstance(outcome, ExceptionResponse) and not outcome.is_transient:
            fresh = self._schedule.rejected(unit, now)
            self._rejecting[unit] = why
            self._missed_since_rejecting[unit] = 0
        else:
            fresh = self._schedule.missed(unit, now) or self._stopped_rejecting(unit)
        # One sample at a time: noise must not fill the quarantine.
        if isinstance(outcome, NoResponse) and outcome.garbage and self._garbage is None:
            self._garbage = why, outcome.garbage
            self._has_pending.set()
        # A unit that rejects is reported in every cycle: its reason may change.
        if fresh or unit in self._rejecting:
            self._lost[unit] = why
        if fresh:
            self._controller.unit_lost(unit)
            self._resolve_commands()

    def _stopped_rejecting(self, unit: int) -> bool:
        """Whether a unit that sent exceptions has just gone offline; a few missed polls are allowed."""
        if unit not in self._rejecting:
            return False
        self._missed_since_rejecting[unit] += 1
        if self._missed_since_rejecting[unit] < self.settings.missed_polls:
            return False
        del self._rejecting[unit]
        return True

    def _report_lost(self) -> None:
        """After a cycle: report the units lost in it. Raises LinkLost when no unit answers any more."""
        if self._schedule.all_offline and self._rejecting:
            self.emit.refused(None, next(iter(self._rejecting.values())))
            return  # units that do not answer at all are reported once the line works again
        if self._schedule.all_offline:
            first = next(iter(self._lost.values()), Words("没有模块应答", "no unit answers"))
            if len(self._units) > 1:
                en = f"no unit on {self.settings.port} answers; {first}"
                raise LinkLost(Words("全部模块无应答，请检查总线供电和线路", en))
            raise LinkLost(first)
        for unit, why in self._lost.items():
            (self.emit.refused if unit in self._rejecting else self.emit.lost)(self._units[unit].id, why)
        self._lost.clear()

    async def _send_pending(self) -> None:
        pending = self._state.pending
        while True:
            await self._has_pending.wait()
            self._has_pending.clear()
            while pending:
                try:
                    await self.emit(pending[0])
                except NotRecorded:
                    await self._show_alarms()
                    await asyncio.sleep(RETRY_S)
                else:
                    pending.popleft()
            if self._garbage:
                await self._quarantine.put(*self._garbage)
                self._garbage = None

    async def _show_alarms(self) -> None:
        """The disk rejects signals: emit the alarms queued behind the first one, so that they show from memory."""
        for signal in [each for each in self._state.pending if each.is_alarm and each.id not in self._state.shown]:
            self._state.shown.add(signal.id)
            with suppress(NotRecorded):
                await self.emit(signal)
        # Forget what was recorded meanwhile.
        self._state.shown &= {each.id for each in self._state.pending}


DRIVER = ModbusIo
