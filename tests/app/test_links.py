"""The links that drivers are handed."""

from __future__ import annotations

from typing import Any, cast

import pytest

from gateway.app.links import Links
from gateway.config.configuration import DeviceEntry
from gateway.config.kinds import find_link
from gateway.driver import Driver, DriverSettings
from gateway.errors import LinkLost
from gateway.flow.emitter import Emitter
from gateway.links.capture import CapturedChunk
from gateway.links.registry import LinkRegistry
from gateway.model import Device, DeviceType, Signal, Words
from gateway.vision.pool import VisionPool
from tests.app.pigeon import PigeonLink, PigeonLoft, PigeonSettings


class Strange(Driver):
    LINK = "pigeon"

    async def run(self) -> None:
        raise AssertionError


class Emitted:
    """Stands for the emitter: what a link and a driver report."""

    def __init__(self) -> None:
        self.reports: list[Any] = []

    async def __call__(self, signal: Signal, *, remembered: bool = False) -> int:
        self.reports.append(signal.kind)
        return 1

    def heard(self, part: str | None = None) -> None:
        self.reports.append("heard")

    def returned(self) -> None:
        self.reports.append("returned")

    def refused(self, part: str | None, why: Words) -> None:
        self.reports.append(why)


@pytest.fixture
def links() -> Links:
    return Links(None, None, cast("VisionPool", None))


def entry(driver: type[Driver] = PigeonLoft, settings: DriverSettings | None = None) -> DeviceEntry:
    device = Device("loft", "acme.loft", DeviceType.SENSOR, "鸽舍", "gate/east")
    return DeviceEntry(device, driver, settings or PigeonSettings(loft="north"))


def test_a_driver_with_an_unknown_link_is_lost_and_stops_nobody(links: Links) -> None:
    give = links.link_of(entry(Strange, DriverSettings()))
    unknown = r"driver acme\.loft names a link that can't be used: unknown link 'pigeon'"
    with pytest.raises(LinkLost, match=unknown):
        give(cast("Emitter", None), lambda: None)


async def test_a_third_partys_link_serves_its_driver_and_reports_by_its_hooks(links: Links) -> None:
    emit = Emitted()
    link: PigeonLink = links.link_of(entry())(cast("Emitter", emit), lambda: None)
    driver = PigeonLoft(entry().device, entry().settings, link, cast("Any", emit))
    chunks: list[CapturedChunk] = []
    with links.captures["loft"].listen(chunks.append):
        link.put(b"zone.alarm")
        await driver.emit(Signal(device="loft", kind=(await link.get()).decode()))
    assert link.on_refused is not None
    link.on_refused(None, Words("脚环不对", "a wrong ring"))
    assert emit.reports == ["heard", "zone.alarm", Words("脚环不对", "a wrong ring")]
    assert chunks == [CapturedChunk("in", b"zone.alarm", "north")]


def test_a_link_outlives_its_drivers_restarts_and_ends_with_its_device(links: Links) -> None:
    give = links.link_of(entry())
    first, again = (give(cast("Emitter", Emitted()), lambda: None) for _ in range(2))
    assert first is again
    links.unlink("loft")
    assert not links.captures
    assert links.link_of(entry())(cast("Emitter", Emitted()), lambda: None) is not first


@pytest.mark.parametrize(("loft", "why"), [("burnt", "the loft is burnt"), ("cursed", "ZeroDivisionError: a bug")])
def test_a_factory_that_fails_costs_its_own_device_alone(links: Links, loft: str, why: str) -> None:
    give = links.link_of(entry(settings=PigeonSettings(loft=loft)))
    with pytest.raises(LinkLost, match=why):
        give(cast("Emitter", None), lambda: None)


def test_a_factory_that_fails_to_forget_a_device_stops_nobody(links: Links) -> None:
    links.link_of(entry())
    links.unlink("cursed")
    links.unlink("loft")
    assert not links.captures


def test_the_registry_holds_every_built_in_link_and_no_other() -> None:
    with pytest.raises(
        ValueError, match="the built-in links are none, serial, listen, http, modbus, mqtt, sip, vision"
    ):
        LinkRegistry({}, find_link)
