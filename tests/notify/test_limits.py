"""Quiet hours, the rate limit with its digest, and what bounds the outbox."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import pytest

from gateway.errors import LinkLost
from gateway.model import Severity, Words
from gateway.notify import rows
from gateway.settings.daily_hours import parse_daily_hours
from gateway.settings.mend import Wrong
from tests.notify.conftest import NOON, SHANGHAI, Alarming, EachAlone
from tests.support.notifications import message

GONE = LinkLost(Words("连不上", "can't be reached"))
NIGHT = "22:00-07:00"


async def test_in_quiet_hours_only_what_is_critical_goes_out(bench):
    await bench.use(bench.world.entry(quiet=NIGHT))
    bench.advance(hours=11)  # 23:00
    await bench.enqueue(message(1), message(2, severity=Severity.CRITICAL), message(3, severity=Severity.LOW))
    await bench.work()
    assert bench.world.titles() == ["Matter 2"]
    bench.advance(hours=7, minutes=59)
    await bench.work()
    assert bench.world.titles() == ["Matter 2"]
    bench.advance(minutes=1)
    await bench.work()
    assert bench.world.titles() == ["Matter 2", "Matter 1", "Matter 3"]


async def test_a_siren_does_not_sound_in_the_morning_for_what_was_in_the_night(bench):
    await bench.use(bench.world.entry(kind=Alarming, quiet=NIGHT))
    bench.advance(hours=11)
    await bench.enqueue(message(1))
    await bench.work()
    bench.advance(hours=9)
    await bench.work()
    await bench.watch()
    assert bench.world.sent == []
    assert bench.rows() == {"digested": 1}
    assert bench.world.open == {}


async def test_what_waited_for_the_morning_is_not_too_late_then(bench):
    await bench.use(bench.world.entry(quiet=NIGHT, give_up_after="10h"))
    bench.advance(hours=10, minutes=1)
    bench.world.fault = GONE
    await bench.enqueue(message(1))
    await bench.work()
    bench.advance(hours=10)
    await bench.work()
    assert bench.rows() == {"waiting": 1}


@pytest.mark.parametrize(
    ("clock", "holds"),
    [(time(21, 59), False), (time(22), True), (time(3), True), (time(6, 59), True), (time(7), False)],
)
def test_quiet_hours_over_midnight(clock, holds):
    hours, at = parse_daily_hours(NIGHT), datetime.combine(NOON, clock, SHANGHAI)
    assert hours.holds(at, SHANGHAI) is holds
    end = hours.next_end(at, SHANGHAI)
    assert end > at
    assert (end.hour, end.minute) == (7, 0)
    assert end - at <= timedelta(days=1)


@pytest.mark.parametrize("written", ["22-7", "25:00-07:00", "07:00-07:00", "", 22, "22:00"])
def test_what_are_no_hours_is_refused(written):
    with pytest.raises(Wrong):
        parse_daily_hours(written)


async def test_beyond_the_limit_one_digest_tells_of_the_rest(bench):
    await bench.use(bench.world.entry(per_minute=5))
    await bench.enqueue(*(message(number) for number in range(1, 31)))
    pause = await bench.work()
    assert bench.world.titles() == ["Matter 1", "Matter 2", "Matter 3", "Matter 4", "[High] 26 messages in one"]
    assert "还有21条" in bench.world.sent[-1].text.zh
    assert bench.rows() == {"sent": 5, "digested": 26}
    assert pause == 60  # nothing waits
    await bench.enqueue(message(31), message(32))
    assert 0 < await bench.work() <= 60
    assert len(bench.world.sent) == 5
    bench.advance(seconds=60)
    await bench.work()
    assert bench.world.titles()[5:] == ["Matter 31", "Matter 32"]


async def test_a_window_never_holds_more_than_the_limit(bench):
    await bench.use(bench.world.entry(per_minute=20))
    number, when = 0, []
    for _ in range(100):
        await bench.enqueue(*(message(number := number + 1) for _ in range(3)))
        before = len(bench.world.sent)
        await bench.work()
        when += [bench.now] * (len(bench.world.sent) - before)
        bench.advance(seconds=3)
    for at in when:
        assert sum(at <= other < at + timedelta(minutes=1) for other in when) <= 20
    bench.advance(minutes=2)
    await bench.work()
    told = await bench.store.read(lambda c: rows.counts(c, "it", NOON))
    assert told == (0, 0)


async def test_the_most_severe_goes_first_and_is_not_in_the_digest(bench):
    await bench.use(bench.world.entry(per_minute=3))
    await bench.enqueue(*(message(number, severity=Severity.LOW) for number in range(1, 9)))
    await bench.enqueue(message(9, severity=Severity.CRITICAL))
    await bench.work()
    assert bench.world.titles()[0] == "Matter 9"
    assert bench.world.sent[-1].severity is Severity.LOW


async def test_the_limit_outlives_a_restart(bench):
    await bench.use(bench.world.entry(per_minute=2))
    await bench.enqueue(message(1))
    await bench.work()
    await bench.outbox._senders["it"].start()
    await bench.enqueue(message(2), message(3))
    await bench.work()
    assert bench.world.titles() == ["Matter 1", "[High] 2 messages in one"]


async def test_a_digest_has_one_set_of_recipients(bench):
    await bench.use(bench.world.entry(kind=EachAlone, per_minute=1))
    for number in range(1, 4):
        await bench.enqueue(message(number, recipients=["1", "2"]))
    for _ in range(2):
        await bench.work()
        bench.advance(minutes=1)
    assert sorted(said.recipients for said in bench.world.sent) == [("1",), ("2",)]
    assert {said.title.en for said in bench.world.sent} == {"[High] 3 messages in one"}


async def test_a_service_that_is_away_for_hours_costs_a_bounded_number_of_rows(bench):
    await bench.use(bench.world.entry())
    bench.world.fault = GONE
    for start in range(0, 2000, 100):
        await bench.enqueue(*(message(number) for number in range(start, start + 100)))
        await bench.work()
    assert bench.rows()["waiting"] < rows.BATCH
    bench.world.fault = None
    for _ in range(60):
        bench.advance(minutes=11)
        await bench.work()
    told = sum(said.title.en.startswith("Matter") for said in bench.world.sent)
    folded = sum(int(said.title.en.split()[1]) for said in bench.world.sent if "in one" in said.title.en)
    assert told + folded == 2000


async def test_a_clock_that_was_set_back_blocks_nothing(bench):
    await bench.use(bench.world.entry(per_minute=1))
    await bench.enqueue(message(1))
    await bench.work()
    bench.world.fault = GONE
    bench.advance(minutes=1)
    await bench.enqueue(message(2))
    await bench.work()
    bench.world.fault = None
    bench.advance(days=-2)
    await bench.enqueue(message(3))
    await bench.work()
    assert bench.world.titles() == ["Matter 1", "Matter 3"]
