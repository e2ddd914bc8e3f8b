"""When rounds and duty logs are due: local times of day, made into UTC."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from gateway.config.desk import DeskSettings
from gateway.config.desk.duty import DutyRound
from gateway.config.desk.patrols import PatrolRound, PatrolSection
from gateway.config.desk.round_times import EVERY_DAY, minutes_of
from gateway.model import Json
from gateway.patrol.plan import PlannedCheckpoint, RoundPlan, both

OPENED, ASKED = "patrol.opened", "duty.asked"
_DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Opening:
    """A round or a duty log that is asked for from `opens` on; after `ends` it can't be begun in time any more."""

    kind: str
    key: str
    opens: datetime
    ends: datetime
    data: Json


def openings(desk: DeskSettings, zone: ZoneInfo, after: datetime, now: datetime) -> list[Opening]:
    """What opens after `after` and up to `now`, in order of time."""
    found = [one for one in _around(desk, zone, after, now) if after < one.opens <= now]
    return sorted(found, key=lambda opening: (opening.opens, opening.key))


def still_open(desk: DeskSettings, zone: ZoneInfo, now: datetime) -> list[Opening]:
    """What has opened before now and may still be begun in time."""
    return [one for one in _around(desk, zone, now, now) if one.opens <= now < one.ends]


def local_times(
    times: Collection[str], days: Collection[str], zone: ZoneInfo, first: date, last: date
) -> list[datetime]:
    """Each time of each day, in UTC.

    A time that the clock skips in spring is the same time by the winter clock, an hour later on the wall. One that
    comes twice in autumn counts the first time. So there is one round for each line of the YAML, whatever clocks do.
    """
    found = []
    for offset in range((last - first).days + 1):
        day = first + timedelta(days=offset)
        if EVERY_DAY[day.weekday()] not in days:
            continue
        for minutes in sorted({minutes_of(one) for one in times}):
            local = datetime.combine(day, time(minutes // 60, minutes % 60), zone)
            found.append(local.astimezone(UTC))
    return found


def _around(desk: DeskSettings, zone: ZoneInfo, after: datetime, now: datetime) -> Iterator[Opening]:
    # A window may open a day before its time (tolerance) and be open for half a day.
    first = (after.astimezone(zone) - timedelta(days=1)).date()
    last = (now.astimezone(zone) + timedelta(days=1)).date()
    for each in desk.patrols.rounds:
        for due in local_times(each.times, each.days, zone, first, last):
            plan = plan_round(desk.patrols, each, due)
            yield Opening(OPENED, plan.key, plan.opens, plan.begins_by, plan.data())
    for log in desk.duty.rounds:
        for due in local_times(duty_times(log), EVERY_DAY, zone, first, last):
            yield _asked(log, due)


def plan_round(patrols: PatrolSection, each: PatrolRound, due: datetime) -> RoundPlan:
    """The round of the YAML at this time."""
    known = {one.id: one for one in patrols.checkpoints}
    checkpoints = tuple(
        PlannedCheckpoint(one, known[one].name.words, known[one].place) for one in each.checkpoints if one in known
    )
    return RoundPlan(
        round=each.id,
        name=each.name.words,
        due=due,
        tolerance=each.tolerance,
        shortest=each.shortest,
        longest=each.longest,
        late=patrols.late,
        in_order=each.in_order,
        who=each.who,
        severity=each.severity,
        checkpoints=checkpoints,
        key=key_of(each.id, due),
    )


def key_of(name: str, due: datetime) -> str:
    """`night@20261130T1400Z`: the same after a restart, so that nothing is asked for twice."""
    return f"{name}@{due.astimezone(UTC):%Y%m%dT%H%MZ}"


def duty_times(log: DutyRound) -> list[str]:
    """The day's times of a log: from `first` on every `every`, for 24 hours."""
    start, step = minutes_of(log.first), max(1, int(log.every.total_seconds() // 60))
    minutes = [(start + offset) % _DAY_MINUTES for offset in range(0, _DAY_MINUTES, step)]
    return [f"{one // 60:02}:{one % 60:02}" for one in sorted(minutes)]


def _asked(log: DutyRound, due: datetime) -> Opening:
    until = due + log.grace
    data: Json = {
        "key": key_of(log.id, due),
        "log": log.id,
        "name": both(log.name.words),
        "place": log.place,
        "due": due.isoformat(),
        "until": until.isoformat(),
        "people": log.people,
        "severity": log.severity.word,
        "items": [{"id": item.id, "text": both(item.text.words), "kind": item.kind} for item in log.items],
    }
    return Opening(ASKED, key_of(log.id, due), due, until, data)
