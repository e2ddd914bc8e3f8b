"""What is known of areas and zones; what no panel has reported stays unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.flow.arming import Arming, arming_of, may_be_armed
from gateway.model import Device, DeviceType, Signal

START = datetime(2026, 11, 30, tzinfo=UTC)
PANEL = Device("host", "perimeter_panel", DeviceType.PANEL, "主机", "guardroom")
ZONE = Device("wall-n1", "perimeter_panel", DeviceType.ZONE, "北墙", "wall/n1", part_of="host")


def said(kind, after=0, device="host", **data):
    return Signal(device=device, kind=kind, data=data, received=START + timedelta(minutes=after), number=after)


def test_a_panel_that_never_reported_is_unknown():
    assert arming_of(PANEL, True, []) == [Arming("host", "area", None)]
    assert arming_of(ZONE, False, []) == [Arming("wall-n1", "zone", None)]


def test_the_newest_report_of_each_area_counts():
    signals = [said("area.disarmed", 3, area=1, user=7), said("area.armed", 2, area=2), said("area.armed", 1, area=1)]
    first, second = arming_of(PANEL, True, signals)
    assert (first.number, first.state, first.at, first.by) == (1, "disarmed", START + timedelta(minutes=3), "7")
    assert (second.number, second.state) == (2, "armed")


def test_a_zone_is_bypassed_until_its_bypass_ends_and_not_until_it_is_quiet():
    bypassed, quiet = said("zone.bypassed", 1, "wall-n1", zone=1), said("zone.restored", 2, "wall-n1", zone=1)
    assert arming_of(ZONE, False, [quiet, bypassed])[0].state == "bypassed"
    ended = said("zone.restored", 3, "wall-n1", zone=1, **{"from": "bypass"})
    assert arming_of(ZONE, False, [ended, quiet, bypassed])[0].state == "normal"


def test_a_zone_without_a_device_shows_at_its_panel():
    [area, zone] = arming_of(PANEL, True, [said("zone.bypassed", 1, zone=9)])
    assert (area.state, zone.what, zone.number, zone.state) == (None, "zone", 9, "bypassed")


def test_who_has_areas():
    assert may_be_armed(PANEL, [])
    assert not may_be_armed(ZONE, ["bypass"])
    assert may_be_armed(Device("x", "mqtt_device", DeviceType.SENSOR, "x", "x"), ["arm"])
