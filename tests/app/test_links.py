"""The links that drivers are handed."""

from __future__ import annotations

from typing import cast

import pytest

from gateway.app.links import Links
from gateway.config.configuration import DeviceEntry
from gateway.driver import Driver, DriverSettings
from gateway.errors import LinkLost
from gateway.flow.emitter import Emitter
from gateway.model import Device, DeviceType
from gateway.vision.pool import VisionPool


class Strange(Driver):
    LINK = "pigeon"

    async def run(self) -> None:
        raise AssertionError


def test_a_driver_that_wants_no_known_link_is_lost_and_stops_nobody() -> None:
    doors = Links(None, None, cast("VisionPool", None))
    device = Device("loft", "acme.loft", DeviceType.SENSOR, "鸽舍", "gate/east")
    hand = doors.link_of(DeviceEntry(device, Strange, DriverSettings()))
    with pytest.raises(LinkLost, match=r"acme\.loft wants a link 'pigeon'"):
        hand(cast("Emitter", None), lambda: None)
