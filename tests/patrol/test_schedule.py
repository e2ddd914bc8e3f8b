"""When rounds and logs are due: days, midnight, clocks that change, and that a restart asks for nothing twice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.config.desk import DeskSettings
from gateway.config.desk.duty import DutyRound
from gateway.config.desk.round_times import EVERY_DAY
from gateway.model import Signal
from gateway.patrol.asking import Asking
from gateway.patrol.schedule import duty_times, local_times, openings
from gateway.store import Store, journal

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


def times(days, *of_day, zone=SHANGHAI, first=date(2026, 11, 30), last=None):
    return [f"{one:%d %H:%M}" for one in local_times(of_day, days, zone, first, last or first)]


def test_local_times_become_utc_day_by_day():
    assert times(EVERY_DAY, "22:00", "00:00") == ["29 16:00", "30 14:00"]


def test_only_on_its_days():
    monday, sunday = date(2026, 11, 30), date(2026, 12, 6)
    assert times(["wed", "sun"], "22:00", first=monday, last=sunday) == ["02 14:00", "06 14:00"]


def test_a_time_that_spring_skips_is_walked_once_an_hour_later_by_the_wall():
    assert times(EVERY_DAY, "02:30", zone=BERLIN, first=date(2026, 3, 29)) == ["29 01:30"]
    assert datetime(2026, 3, 29, 1, 30, tzinfo=UTC).astimezone(BERLIN).hour == 3


def test_a_time_that_autumn_has_twice_is_walked_once():
    assert times(EVERY_DAY, "02:30", zone=BERLIN, first=date(2026, 10, 25)) == ["25 00:30"]


def test_a_log_every_two_hours_has_twelve_times():
    log = DutyRound.model_validate({"id": "fire", "name": "消防控制室", "place": "x", "every": "2h", "first": "09:00"})
    assert duty_times(log)[:3] == ["01:00", "03:00", "05:00"]
    assert len(duty_times(log)) == 12


def settings(*of_day, tolerance="15m"):
    return DeskSettings.model_validate(
        {
            "patrols": {
                "checkpoints": [{"id": "east", "name": "东门", "place": "gate/east"}],
                "rounds": [
                    {"id": "night", "name": "夜间", "checkpoints": ["east"], "times": of_day, "tolerance": tolerance}
                ],
            }
        }
    )


def opened(desk, after, now, zone=SHANGHAI):
    return [(one.key, one.opens) for one in openings(desk, zone, after, now)]


def test_a_midnight_round_opens_on_the_day_before():
    before = datetime(2026, 11, 30, 15, 44, tzinfo=UTC)
    assert opened(settings("00:00"), before, before + timedelta(minutes=1)) == [
        ("night@20261130T1600Z", datetime(2026, 11, 30, 15, 45, tzinfo=UTC))
    ]
    assert opened(settings("00:00"), before + timedelta(minutes=1), before + timedelta(hours=3)) == []


def test_no_round_is_lost_or_doubled_in_a_year_of_minutes():
    """Whatever the steps in which the clock is looked at, also across both changes of the clocks."""
    desk, start = settings("00:05", "02:30", "23:55"), datetime(2026, 1, 1, tzinfo=UTC)
    keys, now = [], start
    while now < start + timedelta(days=365):
        step = timedelta(minutes=7 + now.day * 3)
        keys += [key for key, _ in opened(desk, now, now + step, BERLIN)]
        now += step
    assert len(keys) == len(set(keys))
    assert abs(len(keys) - 3 * 365) <= 1


class Clocked:
    """An Asking over a real store, whose time the test sets."""

    def __init__(self, store: Store, desk: DeskSettings, now: datetime) -> None:
        self.store, self.desk, self.now = store, desk, now
        self.asked: list[str] = []
        self.asking = Asking(store, lambda: self.now, self.emit, lambda: (self.desk, SHANGHAI), "anju")

    async def emit(self, signal: Signal) -> int:
        kept = Signal(
            device=signal.device, kind=signal.kind, source_id=signal.source_id, data=signal.data, received=self.now
        )
        self.asked.append(str(signal.source_id))
        return (await self.store.write(lambda c: journal.record_signal(c, kept, timedelta(days=1)))).number

    async def at(self, *clock: int) -> list[str]:
        """What is asked for at this UTC time of 30 November."""
        self.asked.clear()
        self.now = datetime(2026, 11, 30, *clock, tzinfo=UTC)
        await self.asking.check()
        return list(self.asked)


async def test_asking_survives_a_restart_a_gap_and_a_clock_that_is_set_back(tmp_path):
    async with Store.open(tmp_path) as store:
        first = Clocked(store, settings("20:00", "22:00", "23:00"), datetime(2026, 11, 30, 13, tzinfo=UTC))
        assert await first.at(13, 0) == [], "a new gateway asks for nothing that is over"
        assert await first.at(13, 46) == ["night@20261130T1400Z"]
        assert await first.at(13, 47) == []
        assert await first.at(13, 30) == [], "set back"
        assert await first.at(13, 50) == []
        restarted = Clocked(store, settings("20:00", "22:00", "23:00"), datetime(2026, 11, 30, 13, 51, tzinfo=UTC))
        assert await restarted.at(13, 51) == [], "asked for already"
        late = Clocked(store, settings("20:00", "22:00", "23:00"), datetime(2026, 11, 30, 19, tzinfo=UTC))
        assert await late.at(19, 0) == ["night@20261130T1500Z"], "what was due while it did not run"


async def test_a_clock_set_forward_by_years_asks_for_a_day_at_most(tmp_path):
    async with Store.open(tmp_path) as store:
        clocked = Clocked(store, settings("22:00"), datetime(1970, 1, 1, tzinfo=UTC))
        await clocked.asking.check()
        assert await clocked.at(13, 0) == ["night@20261129T1400Z"]


async def test_a_new_gateway_asks_for_a_round_that_can_still_be_begun(tmp_path):
    async with Store.open(tmp_path) as store:
        clocked = Clocked(store, settings("22:00"), datetime(2026, 11, 30, 14, 10, tzinfo=UTC))
        assert await clocked.at(14, 10) == ["night@20261130T1400Z"]


async def test_a_changed_desk_yaml_asks_for_what_is_to_come_only(tmp_path):
    async with Store.open(tmp_path) as store:
        clocked = Clocked(store, settings("22:00"), datetime(2026, 11, 30, 15, tzinfo=UTC))
        await clocked.at(15, 0)
        clocked.desk = settings("22:00", "23:30")
        assert await clocked.at(15, 1) == []
        assert await clocked.at(15, 16) == ["night@20261130T1530Z"]
