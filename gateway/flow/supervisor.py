"""Builds, runs and restarts the drivers, and alone reports a device as lost, back, silent or refused, once each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import structlog

from gateway.driver import Driver
from gateway.errors import AnjuError, CommandFailed, LinkLost, LoginRefused, NotFound, NotRecorded, why_of
from gateway.flow.backoff import Backoff
from gateway.flow.device_state import DeviceState, SupervisedDevice
from gateway.flow.device_status import DeviceStatus
from gateway.flow.emitter import Emitter, Quarantine
from gateway.flow.intake import Intake
from gateway.flow.listeners import ConsoleFeed
from gateway.model import AccessList, Command, Json, Signal, Text, Words
from gateway.tasks import UnexpectedEnd, run_forever, run_isolated

__all__ = ["SupervisedDevice", "Supervisor"]

log = structlog.get_logger(__name__)
T = TypeVar("T")
CHECK_S = 0.5
"""How often it is checked which devices have been silent for longer than their cadence."""
STUCK_S = 10.0
"""Without such a check for so long, the supervisor counts as stuck."""
STOP_TIMEOUT_S = 10.0
"""How long a driver may take to end before its successor starts beside it."""
_LINE_LOST = Words("执行中设备断线，结果未确认", "not confirmed: the line was lost while it was under way")


class Supervisor:
    """Has no devices until `set_devices` names them, before or while it runs."""

    def __init__(
        self, intake: Intake, quarantine: Quarantine, now: Callable[[], datetime], console: ConsoleFeed
    ) -> None:
        self._intake = intake
        self._quarantine = quarantine
        self._now = now
        self._console = console
        self._reports: asyncio.Queue[Signal] = asyncio.Queue()
        self._starting: asyncio.Queue[DeviceState] = asyncio.Queue()
        self._running: dict[DeviceState, asyncio.Task[None]] = {}
        self._states: dict[str, DeviceState] = {}
        self._owner: dict[str, str] = {}
        self._checked_at: float | None = None

    async def stop(self, devices: Collection[str]) -> None:
        """End the drivers of these devices; returns once they have released their lines."""
        stopped = [state for state in self._states.values() if state.entry.device.id in devices]
        for state in stopped:
            state.is_over = True
        tasks = [self._running[state] for state in stopped if state in self._running]
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=STOP_TIMEOUT_S)
            for task in late:
                log.error("a driver does not end; its successor starts beside it", driver=task.get_name())

    def set_devices(self, entries: Sequence[SupervisedDevice]) -> None:
        """Replace the devices. Those whose entry is unchanged run on; the others must have been stopped before."""
        former, self._states = self._states, {}
        self._owner = {part.id: entry.device.id for entry in entries for part in entry.parts}
        for entry in entries:
            state = former.get(entry.device.id)
            if state is None or state.entry is not entry:
                state = DeviceState(entry, self._now, self._console, self._reports.put_nowait, state)
                self._starting.put_nowait(state)
            self._states[entry.device.id] = state

    def clock_stepped(self, step: timedelta) -> None:
        """`now` has jumped by `step`."""
        for state in self._states.values():
            state.clock_stepped(step)

    def devices(self) -> Mapping[str, DeviceStatus]:
        """The status of every device by id, parts right after the device they hang on."""
        return {status.device.id: status for state in self._states.values() for status in state.statuses()}

    def actions(self, device_id: str) -> Mapping[str, frozenset[str]]:
        """The commands a device takes, each with the names of its arguments."""
        state = self._find(device_id)
        return state.entry.actions(device_id) if state else {}

    def figures(self) -> Mapping[str, Mapping[str, float]]:
        """The metrics of each running driver, by device."""
        running = {device: state.driver for device, state in self._states.items()}
        return {device: driver.figures() for device, driver in running.items() if driver}

    async def run(self) -> None:
        """Run the drivers until cancelled. An error of one driver restarts that driver alone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(run_forever("the supervisor's reports", self._send_reports()))
            tasks.create_task(run_forever("the supervisor's check for silent devices", self._check_cadences()))
            while True:
                state = await self._starting.get()
                task = tasks.create_task(self._keep_running(state), name=state.entry.device.id)
                self._running[state] = task
                task.add_done_callback(partial(self._ended, state))

    async def perform(self, command: Command) -> Json | None:
        """Have the device's driver carry it out; returns the device's answer.

        Raises NotFound, CommandFailed, or LinkLost while the device is not connected.
        """
        state = self._state(command.device)
        known = {**state.entry.actions(state.entry.device.id), **state.entry.actions(command.device)}
        if command.action not in known:
            takes = ", ".join(sorted(known)) or "none"
            en = f"device {command.device} takes no command {command.action!r}; it takes: {takes}"
            raise CommandFailed(Words("设备不支持这个指令", en))
        return await self._have(command.device, command.action, _driver(state, command.device).perform(command))

    async def load_access_list(self, device_id: str, new: AccessList) -> None:
        """Have a controller decide by this list; returns once it has confirmed. Raises as `perform`."""
        driver = _driver(self._state(device_id), device_id)
        await self._have(device_id, "load_access_list", driver.load_access_list(new))

    async def _have(self, device_id: str, what: str, doing: Coroutine[Any, Any, T]) -> T:
        """What the driver answers. Its bugs become CommandFailed."""
        try:
            return await run_isolated(doing)
        except (AnjuError, OSError):
            raise
        except UnexpectedEnd as error:  # most often a future of the driver that the end of its line cancelled
            raise CommandFailed(_LINE_LOST) from error
        except Exception as error:
            log.exception("a driver failed on a command", device=device_id, action=what)
            raise CommandFailed(_failure(error)) from error

    def _state(self, device_id: str) -> DeviceState:
        state = self._find(device_id)
        if state is None:
            raise NotFound(f"no device {device_id}")
        return state

    def _find(self, device_id: str) -> DeviceState | None:
        return self._states.get(self._owner.get(device_id, device_id))

    async def _keep_running(self, state: DeviceState) -> None:
        backoff = Backoff(state.entry.driver.LONGEST_PAUSE)
        while not state.is_over:
            started = self._now()
            state.driver_starts()
            error = await self._run_once(state)
            pause = backoff.after(error, self._now() - started)
            await self._pause(state, error, pause)

    async def _pause(self, state: DeviceState, error: Exception | None, pause: float) -> None:
        if not state.is_over:  # a driver that is being stopped may fail while it ends, which is no loss
            state.driver_ended(_why(error, pause))
            await asyncio.sleep(pause)

    def _ended(self, state: DeviceState, _task: asyncio.Task[None]) -> None:
        state.driver = None
        del self._running[state]

    async def _run_once(self, state: DeviceState) -> Exception | None:
        """Run the driver once; returns why it ended. Only our own cancellation is not caught."""
        device = state.entry.device.id
        try:
            await run_isolated(self._drive(state))
        except UnexpectedEnd as error:
            log.error("a driver ended by itself", device=device, why=str(error), exc_info=error)
            return error
        except (AnjuError, OSError) as error:
            return error
        except Exception as error:
            log.exception("a driver failed", device=device)
            return error
        return None

    async def _drive(self, state: DeviceState) -> None:
        entry = state.entry
        emit = Emitter(
            self._intake,
            self._quarantine,
            entry.device.id,
            [part.id for part in entry.parts],
            entry.driver.RETRY_WINDOW,
            state,
        )
        link = entry.link(emit, lambda: state.silent(entry.device.id))
        state.driver = entry.driver(entry.device, entry.settings, link, emit)
        await state.driver.run()

    def keeps_up(self) -> bool:
        """Whether devices are checked for silence; False when a silent one would go unnoticed."""
        return self._checked_at is None or asyncio.get_running_loop().time() - self._checked_at < STUCK_S

    async def _check_cadences(self) -> None:
        while True:
            self._checked_at = asyncio.get_running_loop().time()
            for state in self._states.values():
                state.check()
            await asyncio.sleep(CHECK_S)

    async def _send_reports(self) -> None:
        """Put the signals about devices through the intake, in order; retry each until it is on record."""
        while True:
            signal = await self._reports.get()
            while True:
                try:
                    await self._intake.accept(signal, timedelta())
                except NotRecorded:
                    await asyncio.sleep(1)
                else:
                    break


def _driver(state: DeviceState, device_id: str) -> Driver:
    """The running driver. Raises LinkLost while there is none."""
    if state.driver is None:
        why = Words.of(state.status.fault or Words("正在启动", "starting"))
        raise LinkLost(Words(f"设备未连接：{why.zh}", f"device {device_id} is not connected: {why}"))
    return state.driver


def _why(error: Exception | None, pause: float) -> Text:
    match error:
        case None:
            return Words("驱动程序已退出，正在重新启动", "the driver ended")
        case UnexpectedEnd():
            return Words("驱动程序意外中止，正在重新启动", f"the driver ended by itself: {error}")
        case LoginRefused():
            why, minutes = Words.of(error.why), f"{pause / 60:.0f}"
            zh = f"{why.zh}（为避免账号被锁，{minutes}分钟后再试）"
            return Words(zh, f"{why}; tried again in {minutes} min, so that the account is not locked")
        case AnjuError() | OSError():
            return why_of(error)
    return _failure(error)


def _failure(error: Exception) -> Words:
    en = f"{type(error).__name__}: {error}"
    return Words(f"驱动程序出错，请通知安装员（{en}）", en)
