"""The gateway is killed again and again under load through both doors, while a guard closes alerts.

Four devices publish home alarms and other signals at QoS 1 and resend what is not acknowledged: two to
the gateway's own endpoint, of which one reboots at every loss and knows its signals by their ids alone,
and two to a real Mosquitto that the gateway is a client of. Alerts are closed as
they come, so that a replay which raised a closed alert again would be seen.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.crash.guard import Guard
from tests.crash.verdict import Door, Record, alarms_unheard, judge_door, judge_record, kept, open_record
from tests.support.broker import Mosquitto
from tests.support.gateway import PASSWORD, Gateway, TestCompound, TestDevice
from tests.support.mqtt_device import MqttDevice

KINDS = (
    "gas.alarm",
    "door.opened",
    "access.granted",
    "gas.restored",
    "panic.pressed",
    "door.closed",
    "panel.battery_low",
    "fire.alarm",
    "access.denied",
    "fire.restored",
)
RATE = {"endpoint": 1000.0, "broker": 60.0}
"""Signals a second and device: at the gateway's own door more than it gets, so that every kill finds some there.

At the broker little enough for a life of a second to catch up on what waited meanwhile: Mosquitto sends
all that it has in flight anew at every connection, whatever its max_inflight_messages says.
"""
LIFE_S = (0.1, 2.0)
FROZEN_S = 0.1
"""It stands still for so long before it is killed, so that something is on its way through each door however fast
it commits: at 60 a second the broker has nothing in flight most of the time, and five kills would prove nothing."""
SETTLE_S = 90.0
DURING_START = 0.2
"""The share of kills that hit a gateway which is still feeding the horizon to its rules."""
SENT_AGAIN = re.compile(rb"Sending PUBLISH to anju \(d1,")


@dataclass(frozen=True, slots=True)
class Report:
    kills: int
    in_flight: int
    seconds: float
    doors: tuple[Door, ...]
    record: Record
    closed: int
    reopened: int
    exit_status: int

    @property
    def holds(self) -> bool:
        doors = all(door.holds for door in self.doors)
        return doors and self.record.holds and self.reopened == 0 and self.exit_status == 0


class Campaign:
    """`killed` is called after each kill, for a progress bar."""

    def __init__(self, folder: Path, kills: int, seed: int, killed: Callable[[], None] = lambda: None) -> None:
        self._kills = kills
        self._killed = killed
        self._random = random.Random(seed)
        self._broker = Mosquitto(folder / "mosquitto", extra="log_type all\n")
        own = [TestDevice(f"own-{n}") for n in (1, 2)]
        general = [TestDevice(f"general-{n}", via="broker") for n in (1, 2)]
        compound = TestCompound(folder / "config", [*own, *general], self._broker)
        self._gateway = Gateway(compound, folder / "data")
        self._own = [_device(device, compound.mqtt_port, reboots=device is own[1]) for device in own]
        self._general = [_device(device, self._broker.port) for device in general]
        self._guard = Guard(self._gateway)
        self._in_flight = 0
        self._start_s = 3.0

    async def run(self) -> Report:
        """Blocks for about two seconds a kill; the processes it started are gone when it returns."""
        began = time.monotonic()
        try:
            await asyncio.to_thread(self._broker.start)
            self._guard.enrol()
            await self._start()
            await self._subscribed()
            await self._under_load()
            status = await asyncio.to_thread(self._gateway.stop)
            return self._report(time.monotonic() - began, status)
        finally:
            self._gateway.kill()
            self._broker.stop()

    async def _subscribed(self) -> None:
        """What a broker is told before somebody has subscribed for the first time, it keeps for nobody."""
        async with asyncio.timeout(SETTLE_S):
            while not all(
                f"anju 1 {device.topic}".encode() in self._broker.log.read_bytes() for device in self._general
            ):
                await asyncio.sleep(0.05)

    async def _under_load(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            devices = [tasks.create_task(device.run()) for device in (*self._own, *self._general)]
            guard = tasks.create_task(self._guard.run())
            for _ in range(self._kills):
                await self._kill_once()
            await self._start()
            await asyncio.sleep(1)
            for device in (*self._own, *self._general):
                device.finish()
            async with asyncio.timeout(SETTLE_S):
                await asyncio.wait(devices)
                await self._settled()
            guard.cancel()

    async def _start(self) -> None:
        began = time.monotonic()
        await asyncio.to_thread(self._gateway.start)
        self._start_s = time.monotonic() - began

    async def _kill_once(self) -> None:
        if self._random.random() < DURING_START:
            if not self._gateway.is_running:
                self._gateway.spawn()
            await asyncio.sleep(self._random.uniform(0.3, 1.0) * self._start_s)
        else:
            if not self._gateway.is_running:
                await self._start()
            await asyncio.sleep(self._random.uniform(*LIFE_S))
            self._gateway.freeze()
            await asyncio.sleep(FROZEN_S)
        self._in_flight += sum(len(device.pending) for device in self._own)
        self._gateway.kill()
        self._killed()

    async def _settled(self) -> None:
        """What the broker acknowledged reaches the record, and every alarm in it has its alert."""
        while True:
            record = open_record(self._gateway.data)
            try:
                here = all(device.acknowledged.keys() <= kept(record, device.name) for device in self._general)
                if here and alarms_unheard(record) == 0:
                    return
            finally:
                record.close()
            await asyncio.sleep(0.5)

    def _report(self, seconds: float, status: int) -> Report:
        sent_again = len(SENT_AGAIN.findall(self._broker.log.read_bytes()))
        record = open_record(self._gateway.data)
        try:
            doors = (
                judge_door("endpoint", record, self._own, sum(device.resent for device in self._own)),
                judge_door("mosquitto", record, self._general, sent_again),
            )
            sums = judge_record(record)
            closed, reopened = len(self._guard.closed), self._guard.forgotten(record)
        finally:
            record.close()
        return Report(self._kills, self._in_flight, seconds, doors, sums, closed, reopened, status)


def _device(device: TestDevice, port: int, *, reboots: bool = False) -> MqttDevice:
    kind, rate = (lambda number: KINDS[number % len(KINDS)]), RATE[device.via]
    return MqttDevice(device.id, port, device.id, PASSWORD, kind, rate=rate, reboots=reboots)
