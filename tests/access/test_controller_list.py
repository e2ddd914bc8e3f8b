"""The list of a controller: who is on it, when, and what changes it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from gateway.access.controller_list import controller_list, credential_of
from gateway.model import AccessList
from tests.access.doors import LONG_AGO, MEMBERS, NOW, card, register, rules

VALUES = {f"card-{person}": person for person in [*MEMBERS, "thief"]}
CLEANING = {"cleaning": [{"days": ["workdays"], "hours": "06:00-20:00"}, {"days": ["sat"], "hours": "22:00-02:00"}]}


def made(door=None, people=None, at=NOW, **more) -> AccessList:
    return controller_list("door", people or register(), rules(door, **more), VALUES, at)


def test_who_may_pass_is_on_the_list_with_the_number_and_nobody_else() -> None:
    found = {entry.value: entry for entry in made().entries}
    assert found.keys() == {"wang", "both"}
    assert found["wang"].doors == ("door",)
    assert credential_of(found["wang"].id) == "card-wang"
    assert "wang" not in repr(made())  # a list in a log must not show its numbers


def test_a_list_is_the_same_until_something_changes() -> None:
    first, later = made(), made(at=NOW + timedelta(hours=1))
    assert first == later
    ended = register({"wang": [card("wang", ended_at=LONG_AGO)]})
    assert made(people=ended).version != first.version
    tomorrow = made(at=NOW + timedelta(days=1))
    assert tomorrow.valid_until > first.valid_until
    assert [one.since for one in tomorrow.entries if one.value == "wang"] == [None]


def test_an_end_within_its_life_is_told_and_one_after_it_is_not() -> None:
    soon, late = NOW + timedelta(days=2), NOW + timedelta(days=300)
    people = register({"wang": [card("wang", until=soon)], "both": [card("both", until=late)]})
    ends = {entry.value: entry.until for entry in made(people=people).entries}
    assert (ends["wang"], ends["both"]) == (soon, None)


def test_schedules_have_their_dates_written_out() -> None:
    right = {"residents": ["here"], "schedule": "cleaning"}
    listed = made({"allow": [right]}, schedules=CLEANING)
    assert {entry.schedules for entry in listed.entries} == {("cleaning",)}
    workdays, nights = listed.schedules["cleaning"]
    assert (workdays["from"], workdays["until"]) == ("06:00", "20:00")
    assert "2026-11-25" in workdays["dates"]
    assert "2026-11-28" not in workdays["dates"]  # a Saturday
    assert nights == {"from": "22:00", "until": "02:00", "days": [6]}


def test_a_credential_whose_number_is_not_kept_is_left_out() -> None:
    without = replace(register(), credentials=register().credentials)
    listed = controller_list("door", without, rules(), {}, NOW)
    assert listed.entries == ()


def test_a_door_that_another_device_opens_is_on_that_devices_list() -> None:
    doors = [{"device": "door", "open": {"device": "board"}}, {"device": "gate", "allow": [{"residents": ["b3"]}]}]
    both = rules(doors=doors)
    assert {entry.doors for entry in controller_list("board", register(), both, VALUES, NOW).entries} == {("door",)}
    assert {entry.doors for entry in controller_list("gate", register(), both, VALUES, NOW).entries} == {("gate",)}
