"""Devices that answer and are refused: said once, with the reason, until they are accepted again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.driver import Driver, DriverSettings
from gateway.flow.device_state import DeviceState, SupervisedDevice
from gateway.flow.refusals import BOUNDS, REPORT_AGAIN, Refusals
from gateway.model import Device, DeviceType, Health, Words

NOW = datetime(2026, 12, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST_HOLD, LONGEST_HOLD = BOUNDS.hold, BOUNDS.longest
CLOCK, KEY = Words("时钟快8小时", "its clock is 8 h ahead"), Words("密钥不对", "its key is another")
HOST = Device("receiver", "r", DeviceType.PANEL, "receiver", "gate")
PARTS = [
    Device("shop", "r", DeviceType.PANEL, "shop", "gate", timedelta(minutes=5), part_of="receiver"),
    Device("shop-1", "r", DeviceType.ZONE, "zone", "gate", part_of="shop"),
]


class Desk:
    """One watched device, its clock in the hand, and what was said of it."""

    def __init__(self, former: Desk | None = None) -> None:
        self.now = former.now if former else NOW
        self.said: list[tuple[str, str]] = []
        self.whys: list[object] = []
        entry = SupervisedDevice(HOST, Driver, DriverSettings(), PARTS, lambda _emit, _silent: None)
        self.watched = DeviceState(entry, lambda: self.now, self, self._say, former.watched if former else None)

    def _say(self, signal):
        self.said.append((signal.device, signal.kind))
        self.whys.append(signal.data.get("why"))

    def device_changed(self, status):
        pass

    def passes(self, time):
        until = self.now + time
        while self.now < until:
            self.now = min(until, self.now + SECOND)
            self.watched.check()

    def health(self, device):
        return {status.device.id: status for status in self.watched.statuses()}[device].health


@pytest.fixture
def desk():
    made = Desk()
    made.watched.heard("receiver")
    made.said.clear()
    made.whys.clear()
    return made


def test_a_refused_part_is_said_once_with_its_reason_and_so_is_what_hangs_on_it(desk):
    for _ in range(3):
        desk.watched.refused("shop", CLOCK)
        desk.passes(SECOND)
    assert desk.said == [("shop", "device.refused")]
    assert desk.whys == [{"zh": CLOCK.zh, "en": CLOCK.en}]
    assert desk.health("shop") is desk.health("shop-1") is Health.REFUSED
    assert desk.health("receiver") is Health.ONLINE


def test_accepted_ends_it_once_nothing_was_refused_for_a_moment(desk):
    desk.watched.refused("shop", CLOCK)
    desk.watched.heard("shop")
    assert desk.health("shop") is Health.REFUSED
    desk.passes(FIRST_HOLD)
    assert desk.said == [("shop", "device.refused"), ("shop", "device.online")]


def test_nothing_but_acceptance_ends_it(desk):
    desk.watched.refused("shop", CLOCK)
    desk.passes(timedelta(minutes=4))
    assert desk.health("shop") is Health.REFUSED
    desk.passes(timedelta(minutes=2))
    assert desk.health("shop") is Health.SILENT, "and then it stopped trying"


def test_every_tenth_report_refused_is_steadily_refused_and_does_not_fill_the_journal(desk):
    for second in range(3600):
        if second % 10:
            desk.watched.heard("shop")
        else:
            desk.watched.refused("shop", CLOCK)
        desk.passes(SECOND)
    assert len(desk.said) <= 6
    assert desk.health("shop") is Health.REFUSED
    desk.watched.heard("shop")
    desk.passes(timedelta(minutes=1))
    assert desk.health("shop") is Health.ONLINE


def test_another_reason_is_said_again_but_not_at_any_rate(desk):
    for second in range(120):
        desk.watched.refused("shop", KEY if second % 2 else CLOCK)
        desk.passes(SECOND)
    assert desk.said.count(("shop", "device.refused")) <= 120 / REPORT_AGAIN.total_seconds() + 1
    assert {str(why["en"]) for why in desk.whys} == {CLOCK.en, KEY.en}


def test_a_refused_device_counts_for_its_parts_and_a_refused_part_shows_that_its_host_lives(desk):
    desk.watched.lost("receiver", "gone")
    desk.watched.refused("shop", CLOCK)
    assert desk.health("receiver") is Health.ONLINE
    desk.watched.refused("receiver", KEY)
    assert desk.health("shop") is Health.REFUSED
    desk.watched.refused("shop", CLOCK)
    assert desk.health("receiver") is Health.REFUSED, "a part that is refused too does not make it well"


def test_a_reload_takes_the_state_over_and_a_new_key_ends_it(desk):
    desk.watched.refused("shop", CLOCK)
    after = Desk(desk)
    after.watched.heard("receiver")
    after.said.clear()
    assert after.health("shop") is Health.REFUSED
    after.watched.refused("shop", CLOCK)
    assert after.said == [], "it is known"
    after.passes(FIRST_HOLD)
    after.watched.heard("shop")
    assert after.said == [("shop", "device.online")]


def test_a_line_that_returned_says_nothing_of_a_device_that_was_refused(desk):
    desk.watched.refused("receiver", KEY)
    desk.watched.driver_ended("the broker is gone")
    assert desk.health("receiver") is Health.OFFLINE
    desk.watched.returned()
    assert desk.health("receiver") is Health.REFUSED
    assert desk.said[-1] == ("receiver", "device.refused")


def test_a_clock_that_is_set_neither_ends_nor_prolongs_it():
    refusals = Refusals()
    assert refusals.refused("a", KEY, NOW)
    refusals.clock_stepped(timedelta(hours=1))
    assert not refusals.accepted("a", NOW + timedelta(hours=1))
    assert refusals.accepted("a", NOW + timedelta(hours=1) + FIRST_HOLD)


def test_the_hold_grows_no_longer_than_five_minutes():
    refusals, now = Refusals(), NOW
    for _ in range(20):
        refusals.refused("a", KEY, now)
        now += LONGEST_HOLD
        assert refusals.accepted("a", now)


def lost_and_back(desk, times, every=SECOND):
    for _ in range(times):
        desk.watched.lost("shop", "no answer")
        desk.passes(every / 2)
        desk.watched.heard("shop")
        desk.passes(every / 2)


def test_what_is_lost_and_back_now_and_then_is_back_at_once(desk):
    desk.watched.heard("shop")
    desk.said.clear()
    lost_and_back(desk, 10, timedelta(minutes=3))
    assert desk.said == [("shop", "device.offline"), ("shop", "device.online")] * 10


def test_what_is_lost_and_back_all_the_time_is_lost_until_it_stands(desk):
    desk.watched.heard("shop")
    desk.said.clear()
    lost_and_back(desk, 100, 2 * SECOND)
    assert desk.said == [("shop", "device.offline"), ("shop", "device.online")] * 3 + [("shop", "device.offline")]
    desk.passes(timedelta(seconds=30))
    assert desk.health("shop") is Health.ONLINE
    assert len(desk.said) == 8


def test_a_shared_line_that_comes_and_goes_is_lost_until_it_stands(desk):
    desk.said.clear()
    for _ in range(20):
        desk.watched.driver_ended("taken over")
        desk.passes(SECOND)
        desk.watched.returned()
        desk.passes(SECOND)
    assert desk.health("receiver") is Health.OFFLINE
    assert len(desk.said) == 7
    desk.passes(timedelta(seconds=30))
    assert desk.health("receiver") is Health.ONLINE, "as it was before"
