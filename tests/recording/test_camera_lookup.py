"""Which cameras belong to an alert or an incident, and in which order."""

from datetime import UTC, datetime

import pytest

from gateway.model import Alert, AlertState, Device, DeviceType, Severity, Words
from gateway.recording.camera_lookup import MAX_CAMERAS, CameraLookup

AT = datetime(2026, 11, 30, tzinfo=UTC)


def lookup(cameras, near=()):
    devices = {name: Device(name, "camera", DeviceType.CAMERA, name, place) for name, place in cameras.items()}
    devices["zone"] = Device("zone", "perimeter_panel", DeviceType.ZONE, "zone", "wall/n1")
    return CameraLookup(devices, near)


def alert(place, device=None):
    return Alert(
        id="a",
        rule="r",
        key="k",
        severity=Severity.HIGH,
        state=AlertState.NEW,
        place=place,
        device=device,
        reason=Words("a", "a"),
        raised_at=AT,
        last_at=AT,
        count=1,
    )


HOUSE = {"lobby": "b3/u1", "yard": "b3", "lane": "gate/lane", "roof": "b3/u1/roof", "flat-18": "b3/u1/180"}


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("b3/u1", ["lobby", "roof", "flat-18", "yard"]),  # its own, below it, above it
        ("b3/u1/1502", ["lobby", "yard"]),  # the nearer above first
        ("b3/u1/18", ["lobby", "yard"]),  # 180 only begins with 18
        ("gate", ["lane"]),
        ("garage", []),
        ("", []),
    ],
)
def test_the_nearest_comes_first(place, expected):
    assert lookup(HOUSE).around([place]) == expected


def test_neighbours_come_before_what_only_overlooks_a_larger_place():
    cameras = {"north": "wall", "lane": "lane/n", "far-lane": "lane/n/end", "other": "wall/n2", "off": "gate"}
    found = lookup(cameras, [("wall/n1", "lane/n"), ("gate", "garage")])
    assert found.around(["wall/n1"]) == ["lane", "north", "far-lane"]
    assert found.around(["lane/n"]) == ["lane", "far-lane"]


def test_an_incident_has_those_of_all_its_places_and_the_camera_that_raised_it_first():
    found = lookup(HOUSE, [("gate/lane", "wall/n1")])
    assert found.around(["wall/n1", "b3/u1"], ["yard"]) == ["yard", "lobby", "roof", "flat-18", "lane"]


def test_there_are_not_more_than_somebody_can_watch():
    many = {f"c{number}": "gate" for number in range(20)}
    assert lookup(many).around_alert(alert("gate")) == list(many)[:MAX_CAMERAS]


def test_the_camera_in_the_lobby_does_not_record_the_flat_but_is_shown():
    found = lookup(HOUSE)
    assert found.for_alert(alert("b3/u1/1502")) is None
    assert found.around_alert(alert("b3/u1/1502")) == ["lobby", "yard"]


def test_a_zone_without_a_camera_is_recorded_by_its_neighbour():
    found = lookup({"lane": "lane/n", "all": "wall"}, [("wall/n1", "lane/n")])
    assert found.for_alert(alert("wall/n1", "zone")) == "lane"


def test_a_change_of_the_configuration_is_seen_at_once():
    found = lookup({"east": "gate"})
    assert found.for_alert(alert("gate")) == "east"
    found.set_devices({}, ())
    assert found.for_alert(alert("gate")) is None
