"""What happens in the demo: an eventful first minute, then quiet steps in an endless loop."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.simulator import door_controller, home_alarms, perimeter
from gateway.simulator.dc09 import Communicator
from gateway.simulator.mqtt import MqttDevices
from gateway.simulator.perimeter import PerimeterHost
from gateway.simulator.rtp import RtpClip
from gateway.simulator.rtsp import Mount

CAMERAS = ("gate", "lane", "fence")
EVENT_SCENES = ("lane-known", "gate-resident", "fence-climb", "gate-watchlisted", "lane-unknown")
"""In the order in which they are needed: they are drawn in this order."""
CLIMBED_ZONE = 2
PANELS = SHOP, FLAT = "shop", "flat-b1-u1-1001"
"""Alarm panels that report over IP."""
CLIMB_DELAY_S = 7.0
"""Until the figure touches the wall: the clip waits up to 2 s for its camera's keyframe; the climb begins at 3 s."""
VIEWER_TIMEOUT_S = 60.0
QUIET_PAUSE_S = (25.0, 50.0)
"""Shortest and longest pause between two quiet steps."""


@dataclass(slots=True)
class SimulatedDevices:
    """All simulated devices that the scenario controls."""

    mounts: Mapping[str, Mount]
    clips: dict[str, asyncio.Future[RtpClip]]
    wall: PerimeterHost
    homes: MqttDevices
    doors: MqttDevices
    panels: Mapping[str, Communicator] = field(default_factory=dict)

    async def show(self, scene: str) -> None:
        """Play the scene on its camera as soon as it is drawn."""
        self.mounts[scene.partition("-")[0]].play(await asyncio.shield(self.clips[scene]))

    async def climb(self) -> None:
        """Somebody climbs the wall: the camera shows it first, then the perimeter zone reports."""
        await self.show("fence-climb")
        await asyncio.sleep(CLIMB_DELAY_S)
        self.wall.report(perimeter.ALARM, CLIMBED_ZONE)


ScenarioStep = Callable[[SimulatedDevices], object]


def _home(action: Callable[[MqttDevices], None]) -> ScenarioStep:
    return lambda devices: action(devices.homes)


def _door(action: Callable[[MqttDevices], None]) -> ScenarioStep:
    return lambda devices: action(devices.doors)


def _enter(door: str) -> ScenarioStep:
    return lambda devices: door_controller.resident_enters(devices.doors, door)


def _close(door: str) -> ScenarioStep:
    return lambda devices: door_controller.closed(devices.doors, door)


def _show(scene: str) -> ScenarioStep:
    return lambda devices: devices.show(scene)


def _wall(code: int, number: int = 0) -> ScenarioStep:
    return lambda devices: devices.wall.report(code, number)


def _panel(device: str, report: str) -> ScenarioStep:
    """A Contact ID report of a panel over IP."""
    return lambda devices: devices.panels[device].report(report) if device in devices.panels else None


def _cut_line(devices: SimulatedDevices, *, cut: bool) -> None:
    devices.wall.cut = cut


FIRST_MINUTE: tuple[tuple[float, ScenarioStep], ...] = (
    (1, _show("lane-known")),
    (2, _enter(door_controller.HELD)),
    (3, _show("gate-resident")),
    (4, _panel(SHOP, "1401 01 001")),
    (5, lambda devices: devices.climb()),
    (8, _home(home_alarms.burglary)),
    (12, _door(door_controller.forced)),
    (14, _show("gate-watchlisted")),
    (16, _show("lane-unknown")),
    (20, _home(home_alarms.fire)),
    (22, _door(door_controller.denied)),
    (24, _door(door_controller.denied)),
    (26, _door(door_controller.denied)),
    (27, _wall(perimeter.RESTORED, CLIMBED_ZONE)),
    (28, _home(home_alarms.gas)),
    (31, _door(door_controller.held)),
    (32, _panel(SHOP, "1130 01 002")),
    (33, _panel(FLAT, "1301 00 000")),
    (34, _home(home_alarms.panic)),
    (36, lambda devices: _cut_line(devices, cut=True)),
    (38, _home(home_alarms.battery_low)),
    (42, _home(home_alarms.fire_over)),
    (44, _close(door_controller.FORCED)),
    (46, _close(door_controller.HELD)),
    (48, _home(home_alarms.gas_over)),
    (50, _panel(SHOP, "3130 01 002")),
    (52, _panel(FLAT, "3301 00 000")),
    (54, _home(home_alarms.burglary_over)),
    (56, lambda devices: _cut_line(devices, cut=False)),
)
"""Seconds from the start, and the step."""

QUIET_STEPS: tuple[ScenarioStep, ...] = (
    _enter(door_controller.GARAGE),
    _show("lane-known"),
    _enter(door_controller.FORCED),
    _show("gate-resident"),
    _door(door_controller.denied),
    _enter(door_controller.HELD),
    _show("lane-unknown"),
    _panel(SHOP, "3401 01 001"),
    _enter(door_controller.GARAGE),
    _panel(FLAT, "1602 00 000"),
    _wall(perimeter.MAINS_LOST),
    _show("gate-resident"),
    _wall(perimeter.MAINS_RESTORED),
    _panel(SHOP, "1401 01 001"),
    _enter(door_controller.FORCED),
)
"""Repeated endlessly: mostly residents who come and go."""


async def run_scenario(devices: SimulatedDevices) -> None:
    """Run the steps once the gateway has connected to all devices, until cancelled."""
    await devices.homes.connected.wait()
    await devices.doors.connected.wait()
    await _wait_for_viewers(devices.mounts[name] for name in CAMERAS)
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for second, step in FIRST_MINUTE:
            # From the start, not from the last step: delays must not add up.
            await asyncio.sleep(start + second - loop.time())
            _run_step(step, devices, tasks)
        for step in itertools.cycle(QUIET_STEPS):
            await asyncio.sleep(random.uniform(*QUIET_PAUSE_S))
            _run_step(step, devices, tasks)


def _run_step(step: ScenarioStep, devices: SimulatedDevices, tasks: asyncio.TaskGroup) -> None:
    """A step that takes time runs beside the following ones."""
    result = step(devices)
    if asyncio.iscoroutine(result):
        tasks.create_task(result)


async def _wait_for_viewers(mounts: Iterable[Mount]) -> None:
    """Wait until every camera has a viewer, up to a minute: the alarms don't need the cameras."""
    with suppress(TimeoutError):
        async with asyncio.timeout(VIEWER_TIMEOUT_S):
            for mount in mounts:
                await mount.has_viewer.wait()
