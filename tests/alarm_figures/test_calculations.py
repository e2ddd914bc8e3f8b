"""Each figure on cases that can be checked by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gateway.figures.budget import A_DAY, budget, floods_of, gauge, peak_of
from gateway.figures.counts import REST, by, dispositions
from gateway.figures.facts import HealthChange
from gateway.figures.outages import outages
from gateway.figures.response import default_limits as limits
from gateway.figures.response import percentile, responses
from gateway.figures.sources import ZoneUse, fix_list, zones
from gateway.model import Disposition, Severity
from tests.alarm_figures.facts import T0, at, fact, period

REAL, FALSE, NUISANCE, TEST = Disposition.REAL, Disposition.FALSE, Disposition.NUISANCE, Disposition.TEST


def test_the_nuisance_share_is_of_those_that_were_judged():
    alerts = [fact(disposition=each) for each in (REAL, FALSE, NUISANCE, NUISANCE, TEST, None)]
    [group] = by(alerts, lambda alert: alert.rule)
    assert (group.count, group.judged, group.worthless) == (6, 4, 3)
    assert group.share == 0.75
    assert dispositions(alerts) == {"open": 1, "real": 1, "false": 1, "nuisance": 2, "test": 1, "drill": 0}
    assert by([fact()], lambda alert: alert.rule)[0].share is None


def test_the_largest_groups_come_first_and_the_rest_is_one():
    alerts = [fact(device=name) for name in "aaabbcd"]
    assert [(group.key, group.count) for group in by(alerts, lambda alert: alert.device, 3)] == [
        ("a", 3),
        ("b", 2),
        (REST, 2),
    ]


# --- response


def of(found, shift, what, severity="all"):
    return next(each for each in found if (each.shift, each.what, each.severity) == (shift, what, severity))


def test_times_are_measured_by_shift_and_against_the_limit_of_the_kind():
    alerts = [
        fact(0, acknowledged_at=at(0.5), on_scene_at=at(3)),  # 30 s of 90 s
        fact(1, acknowledged_at=at(3)),  # 120 s
        fact(2, kind="fire.alarm", severity=Severity.CRITICAL, acknowledged_at=at(2.75)),  # 45 s of 30 s
        fact(13 * 60, acknowledged_at=at(13 * 60 + 1)),  # at night
    ]
    found = responses(alerts, period(), at(14 * 60), limits)
    day = of(found, "day", "acknowledge")
    assert (day.count, day.answered, day.within, day.p50_s, day.p95_s) == (3, 3, 1, 45, 120)
    assert of(found, "day", "acknowledge", "critical").within == 0
    assert of(found, "night", "acknowledge").share == 1
    assert of(found, "day", "arrive").p50_s == 150, "from the acknowledgement"
    assert of(found, "day", "acknowledge", "low").share is None


def test_what_nobody_answered_is_a_miss_once_its_time_is_over():
    found = responses([fact(0), fact(9.5)], period(), at(10), limits)
    day = of(found, "day", "acknowledge")
    assert (day.count, day.answered, day.within, day.p50_s) == (1, 0, 0, None)


def test_what_was_closed_from_the_desk_needed_nobody_to_arrive():
    found = responses([fact(0, acknowledged_at=at(1), closed_at=at(2))], period(), at(60), limits)
    assert of(found, "day", "arrive").count == 0


def test_a_clock_that_was_set_back_gives_no_negative_time():
    assert of(responses([fact(5, acknowledged_at=at(0))], period(), at(9), limits), "day", "acknowledge").p50_s == 0


@pytest.mark.parametrize(("percent", "value"), [(50, 5), (95, 10), (100, 10), (1, 1)])
def test_a_percentile_is_a_value_that_occurred(percent, value):
    assert percentile([1, 2, 3, 4, 5, 6, 7, 8, 9, 10], percent) == value
    assert percentile([], percent) is None


# --- the budget


def test_ten_in_ten_minutes_are_no_flood_and_eleven_are():
    assert list(floods_of([at(n) for n in range(10)], at(60))) == []
    [flood] = floods_of([at(n * 0.5) for n in range(11)], at(60))
    assert flood.begin == at(5)
    assert flood.count == 11


def test_a_flood_ends_when_fewer_than_five_came_in_the_last_ten_minutes():
    # Eleven within five minutes, half a minute apart; four are left once the seventh, of minute 3, is ten minutes old.
    [flood] = floods_of([at(n * 0.5) for n in range(11)], at(60))
    assert flood.end == at(13)


def test_five_in_ten_minutes_keep_a_flood_going_and_nothing_more_ends_it():
    burst = [at(n * 0.5) for n in range(11)]
    tail = [at(5 + 2 * n) for n in range(1, 30)]  # five in any ten minutes
    [flood] = floods_of([*burst, *tail], at(64))
    assert flood.end is None
    assert flood.count == 11 + 29
    [ended] = floods_of([*burst, *tail], at(90))
    assert ended.end == at(65)  # that of minute 55 leaves, four stay


def test_two_bursts_with_quiet_between_are_two_floods():
    burst = [n * 0.1 for n in range(12)]
    floods = list(floods_of([*(at(n) for n in burst), *(at(n + 60) for n in burst)], at(120)))
    assert [flood.count for flood in floods] == [12, 12]


def test_the_budget_of_a_day():
    alerts = [fact(n * 0.5) for n in range(11)] + [fact(600 + n * 60, closed_at=at(601 + n * 60)) for n in range(4)]
    found = budget(alerts, period(1), [15], at(60 * 24 * 3))
    assert (found.alarms, found.a_day, found.days_over, found.floods) == (15, 15, 0, 1)
    assert found.peak.count == 11
    assert found.peak.at == at(5)
    assert found.flood_share == pytest.approx(8 / (24 * 60))
    assert found.standing == 11  # those four were closed
    assert budget(alerts, period(1), [A_DAY + 1, A_DAY], at(99999)).days_over == 1


def test_an_unfinished_day_is_measured_by_what_is_over():
    found = budget([fact(0), fact(1)], period(1), [2], at(12 * 60))
    assert found.a_day == 4


def test_the_peak_is_in_any_ten_minutes():
    assert peak_of([at(0), at(9), at(9.9), at(10), at(30)]).count == 3
    assert peak_of([]).at is None


def test_the_gauge_tells_today_the_last_ten_minutes_and_a_flood():
    times = [at(-60), *(at(n * 0.5) for n in range(11)), at(11)]
    now = gauge(times, 3, T0, at(12))
    assert (now.today, now.in_ten_minutes, now.standing, now.flooded_since) == (12, 7, 3, at(5))
    assert gauge(times, 0, T0, at(30)).flooded_since is None


# --- what spends it


def test_five_sources_and_what_their_repair_would_save():
    alerts = [fact(device="wind", disposition=NUISANCE) for _ in range(5)]
    alerts += [fact(device="cat", disposition=Disposition.FALSE) for _ in range(3)]
    alerts += [fact(device="thief", disposition=REAL) for _ in range(2)]
    found = fix_list(alerts)
    assert [(source.device, source.avoidable, source.saved) for source in found.sources] == [
        ("wind", 5, 0.5),
        ("cat", 3, 0.8),
    ]
    assert found.half_at == 1


def test_real_alarms_are_nothing_to_fix():
    assert fix_list([fact(disposition=REAL)]).half_at is None
    assert fix_list([fact(disposition=None)]).sources == [], "what nobody has judged yet may be real"
    assert fix_list([]).sources == []


def test_zones_that_do_not_end_and_zones_that_are_never_heard():
    uses = {
        "ended": ZoneUse("ended", at(1), at(2)),
        "again": ZoneUse("again", at(3), at(2)),
        "hangs": ZoneUse("hangs", at(1), None),
        "only restored": ZoneUse("only restored", None, at(1)),
    }
    found = zones(["ended", "again", "hangs", "only restored", "mute"], uses)
    assert [use.device for use in found.never_restored] == ["again", "hangs"]
    assert list(found.never_rang) == ["mute", "only restored"]
    assert found.watched == 5


# --- outages


def test_a_device_that_is_offline_and_then_silent_is_away_once():
    changes = [
        HealthChange("c", "offline", at(10)),
        HealthChange("c", "silent", at(12)),
        HealthChange("c", "online", at(20)),
    ]
    [found] = outages([], changes, period(), at(9999)).devices
    assert (found.count, found.seconds, found.is_away) == (1, 600, False)


def test_an_outage_that_began_before_or_goes_on_counts_within_the_period():
    changes = [HealthChange("old", "online", at(5)), HealthChange("new", "silent", at(50))]
    found = outages(["old", "gone"], changes, period(1), at(60))
    assert {outage.device: (outage.seconds, outage.is_away) for outage in found.devices} == {
        "old": (300, False),
        "new": (600, True),
        "gone": (3600, True),
    }
    assert found.affected == 3


def test_a_device_that_was_online_all_the_time_is_no_outage():
    assert outages([], [HealthChange("c", "online", at(1))], period(), at(60)).devices == []


def test_the_longest_of_several_is_told():
    changes = [
        HealthChange("c", state, at(minute))
        for state, minute in (("offline", 0), ("online", 1), ("silent", 5), ("online", 9))
    ]
    [found] = outages([], changes, period(), at(60)).devices
    assert (found.count, found.longest_s) == (2, timedelta(minutes=4).total_seconds())
