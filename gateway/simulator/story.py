"""What happens in the demo: an eventful first minute, then a quiet time over and over."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.simulator import doors, homes, perimeter
from gateway.simulator.dc09 import Communicator
from gateway.simulator.mqtt import House
from gateway.simulator.perimeter import WallHost
from gateway.simulator.rtp import Clip
from gateway.simulator.rtsp import Mount

CAMERAS = ("gate", "lane", "fence")
EVENTS = ("lane-known", "gate-resident", "fence-climb", "gate-watchlisted", "lane-unknown")
"""In the order they are needed, so that the first is ready first."""
CLIMBED_ZONE = 2
PANELS = SHOP, FLAT = "shop", "flat-b1-u1-1001"
"""Those that report over IP."""
ON_THE_WALL = 7.0
"""Seconds until the figure is: the clip waits up to 2 s for its camera's keyframe, and climbs from its third on."""
WAIT_FOR_VIEWER = 60.0
QUIET_SECONDS = (25.0, 50.0)
"""Between two things of the quiet part."""


@dataclass(slots=True)
class Cast:
    """Everything that runs, within reach of the story."""

    mounts: Mapping[str, Mount]
    clips: dict[str, asyncio.Future[Clip]]
    wall: WallHost
    homes: House
    doors: House
    panels: Mapping[str, Communicator] = field(default_factory=dict)

    async def show(self, event: str) -> None:
        """Play the clip on its camera as soon as it is drawn."""
        self.mounts[event.partition("-")[0]].play(await asyncio.shield(self.clips[event]))

    async def climb(self) -> None:
        """Somebody is on the wall: the fence's camera sees it, then the zone's wire."""
        await self.show("fence-climb")
        await asyncio.sleep(ON_THE_WALL)
        self.wall.report(perimeter.ALARM, CLIMBED_ZONE)


Happening = Callable[[Cast], object]


def _at_home(what: Callable[[House], None]) -> Happening:
    return lambda cast: what(cast.homes)


def _at_doors(what: Callable[[House], None]) -> Happening:
    return lambda cast: what(cast.doors)


def _wall(code: int, number: int = 0) -> Happening:
    return lambda cast: cast.wall.report(code, number)


def _panel(device: str, report: str) -> Happening:
    """A report in Contact ID, of a panel that reports over IP."""
    return lambda cast: cast.panels[device].report(report) if device in cast.panels else None


def _cut(cast: Cast, *, cut: bool) -> None:
    cast.wall.cut = cut


FIRST_MINUTE: tuple[tuple[float, Happening], ...] = (
    (1, lambda cast: cast.show("lane-known")),
    (2, lambda cast: doors.passes(cast.doors, doors.HELD)),
    (3, lambda cast: cast.show("gate-resident")),
    (4, _panel(SHOP, "1401 01 001")),
    (5, lambda cast: cast.climb()),
    (8, _at_home(homes.burglary)),
    (12, _at_doors(doors.forced)),
    (14, lambda cast: cast.show("gate-watchlisted")),
    (16, lambda cast: cast.show("lane-unknown")),
    (20, _at_home(homes.fire)),
    (22, _at_doors(doors.denied)),
    (24, _at_doors(doors.denied)),
    (26, _at_doors(doors.denied)),
    (27, _wall(perimeter.RESTORED, CLIMBED_ZONE)),
    (28, _at_home(homes.gas)),
    (31, _at_doors(doors.held)),
    (32, _panel(SHOP, "1130 01 002")),
    (33, _panel(FLAT, "1301 00 000")),
    (34, _at_home(homes.panic)),
    (36, lambda cast: _cut(cast, cut=True)),
    (38, _at_home(homes.battery_low)),
    (42, _at_home(homes.fire_over)),
    (44, lambda cast: doors.closed(cast.doors, doors.FORCED)),
    (46, lambda cast: doors.closed(cast.doors, doors.HELD)),
    (48, _at_home(homes.gas_over)),
    (50, _panel(SHOP, "3130 01 002")),
    (52, _panel(FLAT, "3301 00 000")),
    (54, _at_home(homes.burglary_over)),
    (56, lambda cast: _cut(cast, cut=False)),
)
"""Seconds from the start, and what happens: all that issue 2 wants seen, without touching anything."""

QUIET: tuple[Happening, ...] = (
    lambda cast: doors.passes(cast.doors, doors.GARAGE),
    lambda cast: cast.show("lane-known"),
    lambda cast: doors.passes(cast.doors, doors.FORCED),
    lambda cast: cast.show("gate-resident"),
    _at_doors(doors.denied),
    lambda cast: doors.passes(cast.doors, doors.HELD),
    lambda cast: cast.show("lane-unknown"),
    _panel(SHOP, "3401 01 001"),
    lambda cast: doors.passes(cast.doors, doors.GARAGE),
    _panel(FLAT, "1602 00 000"),
    _wall(perimeter.MAINS_LOST),
    lambda cast: cast.show("gate-resident"),
    _wall(perimeter.MAINS_BACK),
    _panel(SHOP, "1401 01 001"),
    lambda cast: doors.passes(cast.doors, doors.FORCED),
)
"""One after the other, without end: mostly residents who come and go."""


async def tell(cast: Cast) -> None:
    """Tell it once all who listen are there, until cancelled."""
    await cast.homes.connected.wait()
    await cast.doors.connected.wait()
    await _viewers(cast.mounts[name] for name in CAMERAS)
    loop = asyncio.get_running_loop()
    start = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for second, happening in FIRST_MINUTE:
            await asyncio.sleep(start + second - loop.time())
            _begin(happening, cast, tasks)
        for happening in itertools.cycle(QUIET):
            await asyncio.sleep(random.uniform(*QUIET_SECONDS))
            _begin(happening, cast, tasks)


def _begin(happening: Happening, cast: Cast, tasks: asyncio.TaskGroup) -> None:
    begun = happening(cast)
    if asyncio.iscoroutine(begun):
        tasks.create_task(begun)


async def _viewers(mounts: Iterable[Mount]) -> None:
    """Wait until every mount is watched, or long enough: the alarms don't need the cameras."""
    with suppress(TimeoutError):
        async with asyncio.timeout(WAIT_FOR_VIEWER):
            for mount in mounts:
                await mount.watched.wait()
