"""Builds, runs and restarts the drivers; alone says lost and back, once each, and silent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial

import structlog

from gateway.errors import AnjuError, CommandFailed, LinkLost, LoginRefused, NotFound, NotRecorded, why_of
from gateway.flow.backoff import Backoff
from gateway.flow.device_state import DeviceState, SupervisedDevice
from gateway.flow.device_status import DeviceStatus
from gateway.flow.emitter import Emitter, Quarantine
from gateway.flow.intake import Intake
from gateway.flow.listeners import ConsoleFeed
from gateway.model import Command, Json, Said, Signal, Words
from gateway.tasks import Stray, apart, for_good

__all__ = ["SupervisedDevice", "Supervisor"]

log = structlog.get_logger(__name__)
LOOK_S = 0.5
"""How often cadences are looked at."""
STUCK_S = 10.0
"""Without a look at the cadences."""
END_S = 10.0
"""How long a driver may take to end before it is left behind."""
_TAKEN_ALONG = Words("执行中设备断线，结果未确认", "not confirmed: the line was lost while it was under way")


class Supervisor:
    """Has no devices until `become` names them, before or while it runs."""

    def __init__(
        self, intake: Intake, quarantine: Quarantine, now: Callable[[], datetime], console: ConsoleFeed
    ) -> None:
        self._intake = intake
        self._quarantine = quarantine
        self._now = now
        self._console = console
        self._sayings: asyncio.Queue[Signal] = asyncio.Queue()
        self._starting: asyncio.Queue[DeviceState] = asyncio.Queue()
        self._running: dict[DeviceState, asyncio.Task[None]] = {}
        self._watched: dict[str, DeviceState] = {}
        self._owner: dict[str, str] = {}
        self._looked_at: float | None = None

    async def stop(self, devices: Collection[str]) -> None:
        """End the drivers of these devices; returns once they have let go of their lines."""
        stopped = [watched for watched in self._watched.values() if watched.entry.device.id in devices]
        for watched in stopped:
            watched.is_over = True
        tasks = [self._running[watched] for watched in stopped if watched in self._running]
        for task in tasks:
            task.cancel()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=END_S)
            for task in late:
                log.error("a driver does not end; its successor starts beside it", driver=task.get_name())

    def become(self, entries: Sequence[SupervisedDevice]) -> None:
        """These are the devices from now on. Whoever has the entry it had goes on; the others were stopped before."""
        former, self._watched = self._watched, {}
        self._owner = {part.id: entry.device.id for entry in entries for part in entry.parts}
        for entry in entries:
            watched = former.get(entry.device.id)
            if watched is None or watched.entry is not entry:
                watched = DeviceState(entry, self._now, self._console, self._sayings.put_nowait, watched)
                self._starting.put_nowait(watched)
            self._watched[entry.device.id] = watched

    def clock_stepped(self, step: timedelta) -> None:
        """`now` has jumped by so much since it was last asked."""
        for watched in self._watched.values():
            watched.clock_stepped(step)

    def devices(self) -> Mapping[str, DeviceStatus]:
        """Every device, parts right after what they hang on."""
        return {status.device.id: status for watched in self._watched.values() for status in watched.statuses()}

    def actions(self, device_id: str) -> Mapping[str, frozenset[str]]:
        """The commands a device takes, each with the names of its arguments."""
        watched = self._find(device_id)
        return watched.entry.actions(device_id) if watched else {}

    def figures(self) -> Mapping[str, Mapping[str, float]]:
        """What each running driver measures, by device."""
        running = {device: watched.driver for device, watched in self._watched.items()}
        return {device: driver.figures() for device, driver in running.items() if driver}

    async def run(self) -> None:
        """Runs for good; one device's trouble is that device's alone."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(for_good("the supervisor's news", self._say_all()))
            tasks.create_task(for_good("the supervisor's watch over cadences", self._watch_cadences()))
            while True:
                watched = await self._starting.get()
                task = tasks.create_task(self._keep_running(watched), name=watched.entry.device.id)
                self._running[watched] = task
                task.add_done_callback(partial(self._ended, watched))

    async def perform(self, command: Command) -> Json | None:
        """Have the device do it; raises CommandFailed, or LinkLost when its line is down."""
        watched = self._find(command.device)
        if watched is None:
            raise NotFound(f"no device {command.device}")
        known = {**watched.entry.actions(watched.entry.device.id), **watched.entry.actions(command.device)}
        if command.action not in known:
            takes = ", ".join(sorted(known)) or "none"
            en = f"device {command.device} takes no command {command.action!r}; it takes: {takes}"
            raise CommandFailed(Words("设备不支持这个指令", en))
        if watched.driver is None:
            why = Words.of(watched.status.fault or Words("正在启动", "starting"))
            raise LinkLost(Words(f"设备未连接：{why.zh}", f"device {command.device} is not connected: {why}"))
        try:
            return await apart(watched.driver.perform(command))
        except (AnjuError, OSError):
            raise
        except Stray as error:  # most often a future of the driver's, cancelled by the end of its line
            raise CommandFailed(_TAKEN_ALONG) from error
        except Exception as error:
            log.exception("a driver broke on a command", device=command.device, action=command.action)
            raise CommandFailed(_broke(error)) from error

    def _find(self, device_id: str) -> DeviceState | None:
        return self._watched.get(self._owner.get(device_id, device_id))

    async def _keep_running(self, watched: DeviceState) -> None:
        backoff = Backoff(watched.entry.driver.LONGEST_PAUSE)
        while not watched.is_over:
            started = self._now()
            watched.starts()
            error = await self._run_once(watched)
            pause = backoff.after(error, self._now() - started)
            await self._rest(watched, error, pause)

    async def _rest(self, watched: DeviceState, error: Exception | None, pause: float) -> None:
        if not watched.is_over:  # one that was told to end may fail while it does, which is nobody's business
            watched.ended(_in_words(error, pause))
            await asyncio.sleep(pause)

    def _ended(self, watched: DeviceState, _task: asyncio.Task[None]) -> None:
        watched.driver = None
        del self._running[watched]

    async def _run_once(self, watched: DeviceState) -> Exception | None:
        """Why the driver ended; whatever ends it but our own cancellation is told and it is started again."""
        device = watched.entry.device.id
        try:
            await apart(self._drive(watched))
        except Stray as error:
            log.error("a driver ended by itself", device=device, why=str(error), exc_info=error)
            return error
        except (AnjuError, OSError) as error:
            return error
        except Exception as error:
            log.exception("a driver broke", device=device)
            return error
        return None

    async def _drive(self, watched: DeviceState) -> None:
        entry = watched.entry
        emit = Emitter(
            self._intake,
            self._quarantine,
            entry.device.id,
            [part.id for part in entry.parts],
            entry.driver.RETRY_WINDOW,
            watched,
        )
        link = entry.link(emit, lambda: watched.silent(entry.device.id))
        watched.driver = entry.driver(entry.device, entry.settings, link, emit)
        await watched.driver.run()

    def keeps_up(self) -> bool:
        """Whether cadences are looked at: False when nobody would say that a device is silent."""
        return self._looked_at is None or asyncio.get_running_loop().time() - self._looked_at < STUCK_S

    async def _watch_cadences(self) -> None:
        while True:
            self._looked_at = asyncio.get_running_loop().time()
            for watched in self._watched.values():
                watched.look()
            await asyncio.sleep(LOOK_S)

    async def _say_all(self) -> None:
        """Say what became of devices, in order, as soon as the record takes it."""
        while True:
            signal = await self._sayings.get()
            while True:
                try:
                    await self._intake.accept(signal, timedelta())
                except NotRecorded:
                    await asyncio.sleep(1)
                else:
                    break


def _in_words(error: Exception | None, pause: float) -> Said:
    match error:
        case None:
            return Words("驱动程序已退出，正在重新启动", "the driver ended")
        case Stray():
            return Words("驱动程序意外中止，正在重新启动", f"the driver ended by itself: {error}")
        case LoginRefused():
            why, minutes = Words.of(error.why), f"{pause / 60:.0f}"
            zh = f"{why.zh}（为避免账号被锁，{minutes}分钟后再试）"
            return Words(zh, f"{why}; tried again in {minutes} min, so that the account is not locked")
        case AnjuError() | OSError():
            return why_of(error)
    return _broke(error)


def _broke(error: Exception) -> Words:
    en = f"{type(error).__name__}: {error}"
    return Words(f"驱动程序出错，请通知安装员（{en}）", en)
