"""Runs all simulated devices of the demo's compound in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from gateway.simulator import door_controller, home_alarms
from gateway.simulator.clips import load_clip
from gateway.simulator.dc09 import Communicator, CommunicatorSettings
from gateway.simulator.modbus import BarrierTwin, run_modules
from gateway.simulator.mqtt import MqttDevices, MqttLogin
from gateway.simulator.perimeter import run_perimeter_host
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.simulator.scenario import CAMERAS, EVENT_SCENES, PANELS, SimulatedDevices, run_scenario
from gateway.simulator.scenes import scenes
from gateway.simulator.sms import run_sms_gateway

IO_MODULE = 1
"""Address of the module at the gate, to which a barrier is wired."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo passes to the simulator. Without `scenario` all devices run and nothing happens."""

    host: str
    rtsp_port: int
    mqtt_port: int
    passwords: Mapping[str, str]
    serial: Path
    cache: Path
    extra_cameras: int = 0
    scenario: bool = True
    dc09_port: int = 0
    panels: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    modules: Path | None = None
    """The gateway's end of the line of input and output modules; None: there is none."""
    sms_port: int = 0
    codes: Path | None = None
    """Where the SMS gateway writes the newest code; None: there is no SMS gateway."""

    @classmethod
    def read(cls, file: Path) -> Self:
        """From JSON."""
        values: dict[str, Any] = json.loads(file.read_text())
        paths: dict[str, Any] = {
            name: Path(values[name]) for name in ("serial", "cache", "modules", "codes") if name in values
        }
        return cls(**values | paths)

    def panel(self, device: str) -> CommunicatorSettings:
        """The settings of an alarm panel's communicator."""
        values = self.panels[device]
        key = bytes.fromhex(values["key"] or "") or None
        return CommunicatorSettings(self.host, self.dc09_port, str(values["account"]), key)

    def login(self, user: str) -> MqttLogin:
        """The MQTT login of a user."""
        return MqttLogin(self.host, self.mqtt_port, user, self.passwords[user])


@asynccontextmanager
async def run_simulation(plan: Plan) -> AsyncIterator[SimulatedDevices]:
    """Runs all devices until the block is left; enters it once the cameras and the serial line exist."""
    loop = asyncio.get_running_loop()
    mounts = await _mounts(plan)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(RtspServer(mounts).listen(plan.rtsp_port, plan.host))
        wall, _ = await stack.enter_async_context(run_perimeter_host(plan.serial, zones=8))
        homes, doors = [
            await stack.enter_async_context(MqttDevices(plan.login(module.ACCOUNT), module.DEVICES).running())
            for module in (home_alarms, door_controller)
        ]
        panels = {device: Communicator(plan.panel(device)) for device in PANELS if device in plan.panels}
        clips = {scene: loop.create_future() for scene in EVENT_SCENES}
        devices = SimulatedDevices(mounts, clips, wall, homes, doors, panels)
        work = [_draw(devices, plan.cache), homes.send_status(), doors.send_status()]
        work += [door_controller.handle_commands(doors), *(panel.run() for panel in panels.values())]
        if plan.modules:
            modules, _, _ = await stack.enter_async_context(run_modules([IO_MODULE], plan.modules))
            work.append(BarrierTwin(modules, IO_MODULE).run())
        if plan.codes is not None:
            await stack.enter_async_context(run_sms_gateway(plan.host, plan.sms_port, plan.codes))
        if plan.scenario:
            work.append(run_scenario(devices))
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(each) for each in work]
            try:
                yield devices
            finally:
                for task in started:
                    task.cancel()
                # Both at once: each thread takes up to a second to end.
                for connection in (homes, doors):
                    connection.disconnect()


async def _mounts(plan: Plan) -> dict[str, Mount]:
    """The cameras, each with its still scene."""
    drawn = scenes()
    stills = {
        name: await asyncio.to_thread(load_clip, drawn[f"{name}-still"], plan.cache) for name in (*CAMERAS, "extra")
    }
    mounts = {name: Mount(stills[name]) for name in CAMERAS}
    # All extra cameras share one clip: drawing is slow, serving is not.
    return mounts | {f"extra-{number}": Mount(stills["extra"]) for number in range(1, plan.extra_cameras + 1)}


async def _draw(devices: SimulatedDevices, cache: Path) -> None:
    """Draw the scenes in the background: the first run of the demo takes some seconds for each."""
    drawn = scenes()
    for scene in EVENT_SCENES:
        devices.clips[scene].set_result(await asyncio.to_thread(load_clip, drawn[scene], cache))
