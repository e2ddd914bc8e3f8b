"""Silences and throttling: what is kept away, what never is, and what ends a silence; then over a real store."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from gateway.config.desk import NoiseSection
from gateway.desk import DecisionOnEvent, Desk, rows
from gateway.desk.noise import NoiseFold, UnknownSource, parse_source
from gateway.errors import Conflict, NotFound, Refused
from gateway.model import LIFE_SAFETY_KINDS, Clear, Raise, Severity, Signal, SilencedSource, Words
from gateway.store import Store, audit, journal

NOW = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
WORDS = Words("报警", "alarm")


def decided(kind="zone.alarm", device="n1", place="wall/n1", rule="wall", after_s=0.0, key=None) -> DecisionOnEvent:
    event = Signal(device=device, kind=kind, received=NOW + timedelta(seconds=after_s))
    return DecisionOnEvent(rule, Raise(key or device, Severity.HIGH, place, WORDS), event)


def silence(source: str, kind: str | None = None) -> SilencedSource:
    return SilencedSource(
        id=f"q-{source}", source=source, reason="大风", by="王", begun_at=NOW, until=NOW + timedelta(hours=1), kind=kind
    )


def passes(fold: NoiseFold, one: DecisionOnEvent, *, is_new: bool = True) -> bool:
    return fold.raised(one, one.decision, is_new=is_new).silenced_by is None


@pytest.mark.parametrize("text", ["n1", "device:n1", "rule:wall", "place:wall", "place:wall/n1", "wall@n1"])
def test_each_way_to_name_a_source_keeps_its_alarms_away(text):
    fold = NoiseFold()
    fold.begin(silence(str(parse_source(text))))
    assert not passes(fold, decided())
    assert passes(fold, decided(device="w1", place="west/w1", rule="other"))
    assert next(iter(fold.silences.values())).count == 1


@pytest.mark.parametrize("text", ["", "N1", "place:", "place:a//b", "rule:", "@n1", "wall@", "x:y", "a b"])
def test_what_names_no_source_is_told(text):
    with pytest.raises(UnknownSource, match="write a device's id"):
        parse_source(text)


def test_a_place_is_not_the_one_that_begins_like_it():
    fold = NoiseFold()
    fold.begin(silence("place:wall/n1"))
    assert passes(fold, decided(place="wall/n10"))


@pytest.mark.parametrize("kind", sorted(LIFE_SAFETY_KINDS))
def test_what_may_cost_a_life_is_never_kept_away(kind):
    fold = NoiseFold(NoiseSection.model_validate({"throttle": {"alerts": 2}}))
    fold.begin(silence("n1"))
    for number in range(20):
        assert passes(fold, decided(kind, after_s=number, key=str(number)))


def test_another_kind_there_ends_it_and_is_shown():
    fold = NoiseFold()
    fold.begin(silence("n1", "zone.alarm"))
    verdict = fold.raised(one := decided("zone.tampered"), one.decision, is_new=True)
    assert verdict.silenced_by is None
    assert [each.ended_because for each in verdict.changed] == ["zone.tampered"]
    assert passes(fold, decided("zone.alarm"))


def test_it_ends_with_its_time():
    fold = NoiseFold()
    fold.begin(silence("n1"))
    assert not passes(fold, decided(after_s=3599))
    assert passes(fold, decided(after_s=3600))
    assert fold.due(NOW + timedelta(hours=1)) == ["q-n1"]


def test_it_hears_that_what_it_kept_away_is_restored():
    fold = NoiseFold()
    fold.begin(silence("n1"))
    passes(fold, decided())
    assert fold.cleared("wall", "other", NOW) == ()
    [heard] = fold.cleared("wall", "n1", NOW + timedelta(seconds=9))
    assert (heard.restored_at, heard.holding) == (NOW + timedelta(seconds=9), ())


def test_a_source_that_raises_too_often_is_throttled_and_that_is_said():
    fold = NoiseFold(NoiseSection.model_validate({"throttle": {"alerts": 3, "within": "10s", "rest": "1m"}}))
    shown = [passes(fold, decided("plate.read", after_s=number, key=str(number))) for number in range(20)]
    assert shown == [True] * 3 + [False] * 17
    [throttled] = fold.silences.values()
    assert (throttled.automatic, throttled.source, throttled.count) == (True, "wall@n1", 17)
    assert throttled.holding == ()  # a plate that was read has no end
    assert passes(fold, decided("plate.read", device="other", after_s=20))


@pytest.mark.parametrize("kind", ["zone.alarm", "door.forced", "x.pressed"])
def test_alarms_and_third_parties_kinds_are_never_throttled(kind):
    fold = NoiseFold(NoiseSection.model_validate({"throttle": {"alerts": 2}}))
    assert all(passes(fold, decided(kind, after_s=number, key=str(number))) for number in range(50))


def test_repeats_of_an_open_alert_and_slow_ones_are_not_throttled():
    fold = NoiseFold(NoiseSection.model_validate({"throttle": {"alerts": 3, "within": "10s"}}))
    assert all(passes(fold, decided("plate.read", after_s=number), is_new=False) for number in range(20))
    assert all(passes(fold, decided("plate.read", after_s=number * 5), is_new=True) for number in range(20))


class Clock:
    now = NOW


@pytest.fixture
async def store(tmp_path):
    async with Store.open(tmp_path) as store:
        yield store


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def desk(store, clock):
    return Desk(store, lambda: clock.now)


async def raise_one(store, desk, kind="zone.alarm", after_s=0.0):
    said = Signal(device="n1", kind=kind, received=NOW + timedelta(seconds=after_s))
    number = (await store.write(lambda c: journal.record_signal(c, said, timedelta()))).number
    event = Signal(device="n1", kind=kind, received=said.received, id=said.id, number=number)
    return await desk.decide([DecisionOnEvent("wall", Raise("n1", Severity.HIGH, "wall/n1", WORDS), event)])


async def test_a_kept_away_alarm_is_on_record_counted_and_raised_when_the_silence_ends_first(store, desk, clock):
    begun = await desk.silences.begin("n1", "大风", NOW + timedelta(hours=1), "王")
    assert await raise_one(store, desk) == []
    assert desk.open_alerts() == []
    [shown] = desk.silences.in_force()
    assert (shown.count, shown.kind) == (1, "zone.alarm")
    kept = await store.read(lambda c: [row["data"] for row in c.execute("SELECT data FROM decisions")])
    assert begun.id in kept[0]
    clock.now = NOW + timedelta(hours=1)
    await desk.silences.end_due()
    assert desk.silences.in_force() == []
    [alert] = desk.open_alerts()
    assert "屏蔽已结束" in alert.reason.zh
    [ended], _ = await desk.silences.page_of_ended(None, 10)
    assert (ended.ended_because, ended.count) == ("until", 1)
    assert await store.read(audit.broken_at) is None


async def test_a_restored_alarm_is_not_raised_again(store, desk):
    begun = await desk.silences.begin("n1", "大风", NOW + timedelta(hours=1), "王")
    await raise_one(store, desk)
    event = Signal(device="n1", kind="zone.restored", received=NOW)
    await desk.decide([DecisionOnEvent("wall", Clear("n1", WORDS), event)])
    await desk.silences.lift(begun.id, "王")
    assert desk.open_alerts() == []


async def test_the_kind_of_the_open_alert_is_what_is_silenced(store, desk):
    await raise_one(store, desk)
    assert (await desk.silences.begin("n1", "大风", NOW + timedelta(hours=1), "王")).kind == "zone.alarm"
    assert len(await raise_one(store, desk, "zone.tampered", 5)) == 1
    assert desk.silences.in_force() == []


async def test_a_start_knows_what_is_silenced(store, desk, clock):
    await desk.silences.begin("n1", "大风", NOW + timedelta(hours=1), "王")
    again = Desk(store, lambda: clock.now)
    await again.load()
    assert again.silences.in_force() == desk.silences.in_force()
    assert await raise_one(store, again) == []


async def test_two_guards_who_lift_one_silence_end_it_once(store, desk):
    begun = await desk.silences.begin("n1", "x", NOW + timedelta(hours=1), "王")
    done = await asyncio.gather(*(desk.silences.lift(begun.id, who) for who in ("王", "李")), return_exceptions=True)
    assert [type(each) for each in done] == [SilencedSource, NotFound]
    assert desk.silences.in_force() == []
    assert len(await raise_one(store, desk)) == 1


async def test_what_can_not_be_silenced_is_told(store, desk):
    for until in (NOW, NOW + timedelta(hours=13)):
        with pytest.raises(Refused, match="choose an earlier end"):
            await desk.silences.begin("n1", "x", until, "王")
    await desk.silences.begin("n1", "x", NOW + timedelta(hours=1), "王")
    with pytest.raises(Conflict, match="silenced already"):
        await desk.silences.begin("device:n1", "x", NOW + timedelta(hours=1), "王")
    with pytest.raises(NotFound):
        await desk.silences.lift("q-nothing", "王")


async def test_a_silence_that_can_not_be_written_silences_nothing(store, desk):
    await store.write(
        lambda c: c.execute("CREATE TRIGGER no BEFORE INSERT ON silences BEGIN SELECT no_such(); END") and None
    )
    with pytest.raises(Exception, match="no_such"):
        await desk.silences.begin("n1", "x", NOW + timedelta(hours=1), "王")
    assert len(await raise_one(store, desk)) == 1
    assert len(await store.read(rows.open_alerts)) == 1
