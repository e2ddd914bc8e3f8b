"""What a pass may ask for, by its kind."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.residents import VisitorSection
from gateway.model import Device, DeviceType, Place, Words
from gateway.passes.draft import Allowed, PassDraft, PassInvalid, allowed, doors_to

NOW = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
DRAFT = PassDraft("b3/u1/1502", "李雷", NOW, NOW + timedelta(hours=2))
DOORS = ("east", "lobby")


def wrong(settings=None, **changes):
    with pytest.raises(PassInvalid) as found:
        allowed(replace(DRAFT, **changes), settings or VisitorSection(), DOORS, NOW)
    return found.value.field


def test_without_doors_and_uses_it_gets_what_its_kind_allows():
    assert allowed(DRAFT, VisitorSection(), DOORS, NOW) == Allowed((), 60)
    assert allowed(replace(DRAFT, doors=("east",), uses=1), VisitorSection(), DOORS, NOW) == Allowed(("east",), 1)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("kind", {"kind": "friend"}),
        ("doors", {"doors": ("b4-lobby",)}),
        ("uses", {"uses": 61}),
        ("until", {"until": NOW}),
        ("until", {"until": NOW + timedelta(days=8)}),
        ("until", {"kind": "delivery", "until": NOW + timedelta(hours=4)}),
        ("from", {"since": NOW - timedelta(hours=1)}),
        ("from", {"since": NOW + timedelta(days=31), "until": NOW + timedelta(days=32)}),
    ],
)
def test_what_its_kind_does_not_allow_is_refused(field, changes):
    assert wrong(**changes) == field


def test_a_kind_may_open_few_doors():
    kinds = {"delivery": {"name": "快递", "longest": "2h", "usual": "1h", "doors": ["east"]}}
    settings = VisitorSection.model_validate({"kinds": kinds})
    assert allowed(replace(DRAFT, kind="delivery"), settings, DOORS, NOW).doors == ("east",)
    assert wrong(settings, kind="delivery", doors=("lobby",)) == "doors"


def test_doors_on_the_way_are_outside_of_buildings_or_in_the_own_one():
    def device(name, place, kind=DeviceType.DOOR):
        return name, Device(name, "any", kind, name, place)

    devices = dict(
        [
            device("gate", "gate/east"),
            device("bar", "gate/east/lane", DeviceType.BARRIER),
            device("cam", "gate/east", DeviceType.CAMERA),
            device("own", "b3/u1"),
            device("building", "b3"),
            device("next", "b3/u2"),
            device("flat", "b3/u1/1503"),
            device("other", "b4"),
        ]
    )
    paths = ("b3/u1/1502", "b3/u1/1503", "b4/u1/101", "gate/east", "gate/east/lane")  # the last is no room
    places = {path: Place(path, Words(path, path)) for path in paths}
    assert doors_to("b3/u1/1502", devices, places) == ["gate", "bar", "own", "building"]
    assert doors_to("b3/u11/1502", devices, places) == ["gate", "bar", "building"]
