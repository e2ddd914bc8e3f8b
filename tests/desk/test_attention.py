"""Whether anybody is at the desk and can hear it, by the time the test gives."""

from __future__ import annotations

import pytest

from gateway.config.desk import AttentionSection
from gateway.desk.attention import missing_attention
from gateway.desk.presence import MAX_SCREENS, Presence

SETTINGS = AttentionSection()
GRACE, MINUTE = 600.0, 60.0


class Room:
    def __init__(self) -> None:
        self.time = 1000.0
        self.presence = Presence(lambda: self.time)
        self.time += GRACE

    def report(self, user: str = "王", page: str = "p1", **more) -> None:
        self.presence.report(user, page, **{"visible": True, "sounds": True, "stale": False, "idle_s": 0, **more})

    def missing(self, ringing_since: float | None = None, settings: AttentionSection = SETTINGS) -> list[str]:
        return sorted(missing_attention(self.presence, ringing_since, settings))

    def open_for(self, seconds: float, **more) -> None:
        for _ in range(int(seconds / 10)):
            self.report(**more)
            self.time += 10


@pytest.fixture
def room():
    return Room()


def test_nobody_at_the_desk(room):
    assert room.missing() == ["nobody"]
    room.report()
    assert room.missing() == []
    room.presence.leave("王", "p1")
    room.time += 299
    assert room.missing() == []
    room.time += 1
    assert room.missing() == ["nobody"]


def test_nothing_is_missing_in_the_first_minutes():
    room = Room()
    room.time -= 1
    assert room.missing() == []


def test_it_rings_and_nobody_touches_any_desk(room):
    since = room.time
    room.open_for(170, idle_s=9999)
    assert room.missing(since) == []
    room.time += 10
    assert room.missing(since) == ["untouched"]
    room.report(page="p2", idle_s=1)
    assert room.missing(since) == []
    assert room.missing(None) == []


def test_a_browser_that_can_t_sound_unless_another_page_of_the_user_can(room):
    room.open_for(60, sounds=False)
    assert room.missing() == ["silent:王"]
    room.report(page="p2")
    assert room.missing() == []
    room.presence.leave("王", "p2")
    room.report(sounds=True)
    assert room.missing() == []


def test_a_screen_with_old_data_and_one_that_went_silent_without_a_goodbye(room):
    room.open_for(60, stale=True)
    assert room.missing() == ["stale:王"]
    room.report()
    room.report(user="李", page="p3")
    assert room.missing() == []
    room.time += 100
    room.report(user="李", page="p3")
    assert room.missing() == ["stale:王"]
    room.presence.leave("王", "p1")
    assert room.missing() == []


def test_each_can_be_switched_off(room):
    off = SETTINGS.model_copy(update={"nobody": None, "untouched": None, "silent": None, "stale": None})
    room.open_for(100, sounds=False, stale=True, idle_s=9999)
    room.time += 500
    assert room.missing(1000.0, off) == []


def test_screens_are_bounded(room):
    for number in range(MAX_SCREENS + 50):
        room.report(user=f"u{number}")
    assert len(room.presence.screens()) == MAX_SCREENS
    assert "u0" not in room.presence.users()
