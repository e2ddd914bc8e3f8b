"""The disk fails under load: pages of the database are overwritten, it is full, it can only be read.

In each round a device that nobody has heard of before presses its alarms while the fault lasts. What it was told is
acknowledged must be on a screen that signs in just then, and on every screen after it: nobody closes anything here.
A filesystem of its own is mounted (that needs CAP_SYS_ADMIN); without it the size limit stands for a full disk, and
the read-only disk is left out.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from tests.support.api import api, enrol
from tests.support.database_damage import overwrite, pages_of
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice
from tests.system.full_disk import Disk, SizeLimit, SmallFilesystem

ALARMS = {"panic.pressed": "Panic", "fire.alarm": "Fire", "gas.alarm": "Gas"}
"""With a word of what the alert says: the signals behind an alert may have been on a page that is gone."""
LOAD = ("door.opened", "door.closed", "access.granted", "gas.alarm")
RATE = 100.0
LASTS_S = 3.0
"""How long a fault lasts, with its alarms."""
SETTLE_S = 60.0
TABLES = ("journal", "alerts", "decisions", "steps", "alert_signals", "web_users", "alerts_state", "journal_source")
FAULTS = ("broken pages", "full disk", "read-only disk")


@dataclass(slots=True)
class DiskReport:
    """`hidden`: alarms that were acknowledged and that a screen lacked; `shown`: those it had."""

    rounds: dict[str, int] = field(default_factory=dict)
    acknowledged: int = 0
    shown: int = 0
    hidden: int = 0
    refused: int = 0
    """Alarms that were on the screen from memory, and not acknowledged."""
    set_aside: int = 0
    exit_status: int = 0
    left_out: str = ""

    @property
    def holds(self) -> bool:
        return self.shown > 0 and self.hidden == 0 and self.exit_status == 0


@contextmanager
def a_disk(folder: Path) -> Iterator[tuple[Disk, str]]:
    """With why it is not a filesystem of its own, if it is none."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, check=False, capture_output=True, text=True)
    if mounted.returncode:
        yield SizeLimit(folder), mounted.stderr.strip() or "mount failed (it needs CAP_SYS_ADMIN)"
        return
    try:
        yield SmallFilesystem(folder), ""
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class DiskCampaign:
    """`done` is called after each round, for a progress bar."""

    def __init__(self, folder: Path, rounds: int, seed: int, done: Callable[[], None] = lambda: None) -> None:
        self._folder = folder
        self._rounds = rounds
        self._random = random.Random(seed)
        self._done = done
        self._report = DiskReport()
        self._pressed: list[MqttDevice] = []

    async def run(self) -> DiskReport:
        with a_disk(self._folder / "data") as (disk, left_out):
            self._report.left_out = left_out
            devices = [TestDevice("load"), *(TestDevice(f"room-{n}") for n in range(self._rounds))]
            gateway = Gateway(TestCompound(self._folder / "config", devices), disk.folder)
            enrol(gateway)
            try:
                await asyncio.to_thread(gateway.start)
                await self._under_load(gateway, disk)
                self._report.exit_status = await asyncio.to_thread(gateway.stop)
                self._report.set_aside = len(list(disk.folder.glob("damaged-*")))
            finally:
                gateway.kill()
        return self._report

    async def _under_load(self, gateway: Gateway, disk: Disk) -> None:
        faults = FAULTS[: 2 if self._report.left_out else None]
        load = MqttDevice("load", gateway.compound.mqtt_port, "load", PASSWORD, lambda n: LOAD[n % 4], rate=RATE)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(load.run())
            for number in range(self._rounds):
                fault = faults[number % len(faults)]
                device = _room(gateway, number)
                self._pressed.append(device)
                async with self._fault(fault, gateway, disk):
                    pressing = tasks.create_task(device.run())
                    await asyncio.wait([pressing], timeout=LASTS_S)
                    await self._look(gateway)
                async with asyncio.timeout(SETTLE_S):
                    await pressing
                await self._look(gateway)
                self._report.rounds[fault] = self._report.rounds.get(fault, 0) + 1
                self._done()
            load.finish()
            async with asyncio.timeout(SETTLE_S):
                await running

    @asynccontextmanager
    async def _fault(self, fault: str, gateway: Gateway, disk: Disk) -> AsyncIterator[None]:
        match fault:
            case "broken pages":
                self._break(gateway)
                yield
            case "full disk":
                disk.fill(gateway)
                yield
                disk.free(gateway)
            case _:
                await self._again(gateway, disk.folder, "ro")
                yield
                await self._again(gateway, disk.folder, "rw")

    def _break(self, gateway: Gateway) -> None:
        record = gateway.data / "anju.db"
        pages = pages_of(record, self._random.choice(TABLES))
        overwrite(record, self._random.sample(pages, min(3, len(pages))), self._random.randbytes(4096))

    async def _again(self, gateway: Gateway, folder: Path, mode: str) -> None:
        """A filesystem that somebody writes to can't be made read-only: the gateway is killed and starts on it."""
        gateway.kill()
        subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True)
        await asyncio.to_thread(gateway.start)

    async def _look(self, gateway: Gateway) -> None:
        """Every alarm that was acknowledged until now is on a screen that comes now."""
        told = {(device.name, kind) for device in self._pressed for kind in device.acknowledged.values()}
        seen = await _screen(gateway, told)
        waiting = {(device.name, sent.kind) for device in self._pressed for sent in device.pending.values()}
        self._report.acknowledged = len(told)
        self._report.hidden += len(told - seen)
        self._report.shown += len(told & seen)
        self._report.refused += len(waiting & seen)


def _room(gateway: Gateway, number: int) -> MqttDevice:
    name, kinds, most = f"room-{number}", list(ALARMS), len(ALARMS)
    return MqttDevice(name, gateway.compound.mqtt_port, name, PASSWORD, lambda n: kinds[n % most], most=most)


async def _screen(
    gateway: Gateway, told: set[tuple[str, str]], tries: Sequence[float] = (0.2, 1, 2, 3)
) -> set[tuple[str, str]]:
    """What a new screen shows, as (device, kind). It may take some moments: decisions come after acknowledgements."""
    seen: set[tuple[str, str]] = set()
    for pause in tries:
        await asyncio.sleep(pause)
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with api(gateway) as desk:
                await desk.sign_in()
                alerts = (await desk.get("alerts", state="open", limit="200"))["items"]
                said = [(alert["device"], alert["reasons"]["en"]) for alert in alerts]
                seen = {
                    (device, kind)
                    for device, text in said
                    for kind, word in ALARMS.items()
                    if kind in text or word in text
                }
        if told <= seen:
            break
    return seen
