"""The whole compound's device side, in one process."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from gateway.simulator import doors, homes
from gateway.simulator.clips import clip
from gateway.simulator.dc09 import Communicator, Line
from gateway.simulator.modbus import GateTwin, modules_on_a_line
from gateway.simulator.mqtt import Account, House
from gateway.simulator.perimeter import wall_host
from gateway.simulator.rtsp import Mount, RtspServer
from gateway.simulator.scenes import scenes
from gateway.simulator.story import CAMERAS, EVENTS, PANELS, Cast, tell

IO_MODULE = 1
"""Address of the module at the gate: a barrier, and whatever else hangs on its relays."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What the demo tells the simulator; `story` false: everything runs and nothing happens."""

    host: str
    rtsp_port: int
    mqtt_port: int
    passwords: Mapping[str, str]
    serial: Path
    cache: Path
    extra_cameras: int = 0
    story: bool = True
    dc09_port: int = 0
    panels: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    modules: Path | None = None
    """Where the line of input and output modules begins; None: there is none."""

    @classmethod
    def read(cls, file: Path) -> Self:
        said: dict[str, Any] = json.loads(file.read_text())
        paths: dict[str, Any] = {name: Path(said[name]) for name in ("serial", "cache", "modules") if name in said}
        return cls(**said | paths)

    def panel(self, device: str) -> Line:
        said = self.panels[device]
        return Line(self.host, self.dc09_port, str(said["account"]), bytes.fromhex(said["key"] or "") or None)

    def account(self, user: str) -> Account:
        return Account(self.host, self.mqtt_port, user, self.passwords[user])


@asynccontextmanager
async def running(plan: Plan) -> AsyncIterator[Cast]:
    """All devices, until the block is left; returns once the cameras and the serial line are there."""
    loop = asyncio.get_running_loop()
    drawn = scenes()
    stills = {name: await asyncio.to_thread(clip, drawn[f"{name}-still"], plan.cache) for name in (*CAMERAS, "extra")}
    mounts = {name: Mount(stills[name]) for name in CAMERAS}
    mounts |= {f"extra-{number}": Mount(stills["extra"]) for number in range(1, plan.extra_cameras + 1)}
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(RtspServer(mounts).listen(plan.rtsp_port, plan.host))
        wall, _ = await stack.enter_async_context(wall_host(plan.serial, zones=8))
        at_home = await stack.enter_async_context(House(plan.account(homes.ACCOUNT), homes.DEVICES).running())
        at_doors = await stack.enter_async_context(House(plan.account(doors.ACCOUNT), doors.DEVICES).running())
        panels = {device: Communicator(plan.panel(device)) for device in PANELS if device in plan.panels}
        cast = Cast(mounts, {event: loop.create_future() for event in EVENTS}, wall, at_home, at_doors, panels)
        work = [_draw(cast, plan.cache), at_home.beat(), at_doors.beat(), doors.obey(at_doors)]
        work += [panel.run() for panel in panels.values()]
        if plan.modules:
            modules, _, _ = await stack.enter_async_context(modules_on_a_line([IO_MODULE], plan.modules))
            work.append(GateTwin(modules, IO_MODULE).run())
        if plan.story:
            work.append(tell(cast))
        async with asyncio.TaskGroup() as tasks:
            started = [tasks.create_task(each) for each in work]
            try:
                yield cast
            finally:
                for task in started:
                    task.cancel()
                for house in (at_home, at_doors):
                    house.leave()


async def _draw(cast: Cast, cache: Path) -> None:
    drawn = scenes()
    for event in EVENTS:
        cast.clips[event].set_result(await asyncio.to_thread(clip, drawn[event], cache))
