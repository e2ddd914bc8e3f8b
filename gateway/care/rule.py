"""The gateway's own rule for people who live alone and agreed: silence becomes a quiet matter, then a louder one.

Whose home it is about comes with an action of the journal, so that it is replayed and ends with its withdrawal. What
was learnt stands in the rule's state alone, and goes with the agreement.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateway.care.habit import allowed, learn
from gateway.care.state import CareState, Watched, Water
from gateway.config.desk.round_times import minutes_of
from gateway.config.residents.care import CareSection
from gateway.model import Action, Clear, Decision, Decisions, Event, Raise, Signal, Wake, WakeAt, Words
from gateway.rule import Compound, Rule, RuleSettings

NAME = "care"
AGREED, ENDED, AWAY, BACK, FINE = "care.agreed", "care.ended", "care.away", "care.back", "care.fine"
ASKED = frozenset({AGREED, ENDED, AWAY, BACK, FINE})
METER = "meter.read"
SOURCES = {
    "door.opened": "door",
    "door.closed": "door",
    "motion.started": "motion",
    "zone.alarm": "motion",
    "access.granted": "access",
    "pin.entered": "access",
    "call.answered": "access",
    METER: "water",
}
LOST, FOUND = frozenset({"device.offline", "device.silent"}), frozenset({"device.online"})
SOURCE_WORDS = {
    "door": Words("开关门", "the door"),
    "lift": Words("乘电梯", "the lift"),
    "water": Words("用水", "water"),
    "motion": Words("室内活动", "movement"),
    "access": Words("刷卡开门", "a card or code"),
    "fine": Words("本人报平安", "the person themselves"),
}
_MAX_UP = 8


class CareRule(Rule):
    """One for all homes with care. `zone` is the compound's time zone."""

    KINDS = frozenset({*SOURCES, *ASKED, *LOST, *FOUND})
    State = CareState
    HORIZON = timedelta(days=2)

    def __init__(self, settings: CareSection, zone: ZoneInfo, compound: Compound) -> None:
        super().__init__(NAME, RuleSettings(), compound)
        self.care = settings
        self.zone = zone
        self._elsewhere = {one.device: one for one in settings.devices}

    def start(self, held: frozenset[str]) -> CareState:  # noqa: ARG002  # an alert is ended by its home's next sign
        """Nobody has agreed."""
        return CareState()

    def answers_for(self, signal: Signal) -> bool:  # noqa: ARG002  # an alarm is never care's to answer for
        """It looks at signs of life and decides on no alarm."""
        return False

    def on(self, state: CareState, event: Event) -> Decisions:
        """Take in a sign of life or an agreement, or look whether a home has been silent for too long."""
        with contextlib.suppress(KeyError, ValueError, TypeError, AttributeError):  # data of another's making
            if isinstance(event, Wake):
                watched = state.watched.get(event.key)
                return list(self._look(state, event.key, watched, event.time)) if watched else ()
            if isinstance(event, Action):
                return list(self._asked(state, event))
            return list(self._heard(state, event))
        return ()

    def _asked(self, state: CareState, action: Action) -> Iterator[Decision]:
        place, data, now = action.place, action.data, action.time
        watched = state.watched.get(place)
        if action.kind == AGREED:
            yield from self._agreed(state, action)
        elif watched is None:
            return
        elif action.kind == ENDED:
            del state.watched[place]
            yield WakeAt(place, None)
            yield from _cleared(place, watched, Words("关怀已停止", "Care has ended"))
        elif action.kind == AWAY:
            watched.away_until, watched.away_by = datetime.fromisoformat(data["until"]), action.user
            yield from _cleared(place, watched, Words("已登记外出", "Noted as away"))
            yield self._wake(place, watched, watched.away_until)
        elif action.kind == BACK or watched.away_until is not None:
            yield from self._returned(place, watched, now)
        else:
            yield from self._sign(place, watched, "fine", now)

    def _agreed(self, state: CareState, action: Action) -> Iterator[Decision]:
        data, place, former = action.data, action.place, state.watched.get(action.place)
        watched = Watched(str(data["person"]), float(data["longest_s"]), float(data["water_m3"]), action.number or 0)
        if former is not None and former.person == watched.person:
            # Another time was chosen: what was learnt stays.
            former.longest_s, former.water_m3, former.agreed = watched.longest_s, watched.water_m3, watched.agreed
            watched = former
        else:
            watched.last = action.time
            state.watched[place] = watched
        yield self._wake(place, watched, self._due(watched))

    def _heard(self, state: CareState, signal: Signal) -> Iterator[Decision]:
        if signal.kind in LOST or signal.kind in FOUND:
            lost = [device for device in state.lost if device != signal.device]
            state.lost = [*lost, signal.device] if signal.kind in LOST else lost
            return
        for place, watched, source in self._homes_of(state, signal):
            if signal.kind != METER or self._has_used_water(watched, signal):
                yield from self._sign(place, watched, source, signal.time)

    def _homes_of(self, state: CareState, signal: Signal) -> Iterator[tuple[str, Watched, str]]:
        """The homes that the signal tells of: by its device's place, by settings, or by whose card it was."""
        if not state.watched:
            return
        source = SOURCES[signal.kind]
        known = self._elsewhere.get(signal.device)
        place = known.place if known is not None else self.compound.place_of(signal.device)
        source = known.sign if known is not None and signal.kind != METER else source
        person = str(signal.data.get("person") or "") if source in {"access", "lift"} else ""
        for _ in range(_MAX_UP):
            watched = state.watched.get(place)
            if watched is not None:
                yield place, watched, source
                return
            place = place.rpartition("/")[0]
        if person:  # a door, or a lift, that many use
            yield from ((each, it, source) for each, it in state.watched.items() if it.person == person)

    def _has_used_water(self, watched: Watched, signal: Signal) -> bool:
        """Whether as much was used since the meter's last sign as counts. A meter that was changed begins anew."""
        reading = float(signal.data["m3"])
        water = watched.water
        if water is None or reading < water.newest:
            watched.water = Water(reading, reading, signal.time)
            return False
        if signal.time - water.at > timedelta(seconds=watched.longest_s):
            water.base, water.at = water.newest, signal.time  # a slow drip does not add up to a sign of life
        water.newest = reading
        if reading - water.base < watched.water_m3 - 1e-9:
            return False
        water.base, water.at = reading, signal.time
        return True

    def _sign(self, place: str, watched: Watched, source: str, now: datetime) -> Iterator[Decision]:
        if watched.away_until is not None:
            watched.sources[source] = now
            return  # somebody waters the flowers; who is away says when they are back
        learn(watched, now, self.zone)
        said = SOURCE_WORDS[source]
        yield from _cleared(place, watched, Words(f"有活动迹象：{said.zh}", f"Sign of life: {said.en}"))
        watched.last, watched.source, watched.sources[source] = now, source, now
        due = self._due(watched)
        # The next look finds a later sign by itself; only an earlier limit needs another wake-up.
        if watched.wake is None or due < watched.wake:
            yield self._wake(place, watched, due)

    def _returned(self, place: str, watched: Watched, now: datetime) -> Iterator[Decision]:
        watched.away_until, watched.away_by = None, ""
        watched.last, watched.source = now, "door"
        yield self._wake(place, watched, self._due(watched))

    def _look(self, state: CareState, place: str, watched: Watched, now: datetime) -> Iterator[Decision]:
        watched.wake = None
        if watched.away_until is not None:
            if now >= watched.away_until:
                yield from self._returned(place, watched, now)
            else:
                yield self._wake(place, watched, watched.away_until)
            return
        due = self._due(watched)
        if due is not None and now < due:
            yield self._wake(place, watched, due)
            return
        step = self.care.steps[min(watched.level, len(self.care.steps) - 1)]
        watched.level += 1
        watched.raised_at = watched.raised_at or now
        yield Raise(place, step.severity, place, self._reason(state, place, watched, now))
        if watched.level < len(self.care.steps):
            yield self._wake(place, watched, self._due(watched))

    def _due(self, watched: Watched) -> datetime:
        """When the next step is taken, unless there is a sign of life before."""
        if watched.level:
            since = watched.raised_at or watched.last
            assert since is not None
            return since + self.care.steps[min(watched.level, len(self.care.steps) - 1)].after
        assert watched.last is not None
        return decent(watched.last + allowed(watched, self.care, self.zone), self.care, self.zone)

    def _wake(self, place: str, watched: Watched, at: datetime) -> WakeAt:
        watched.wake = at
        return WakeAt(place, at)

    def _reason(self, state: CareState, place: str, watched: Watched, now: datetime) -> Words:
        where = self.compound.place_name(place)
        assert watched.last is not None
        hours = (now - watched.last).total_seconds() / 3600
        said = SOURCE_WORDS.get(watched.source)
        zh = f"关怀：{where.zh} 已 {hours:.0f} 小时没有活动迹象"
        en = f"Care: no sign of life at {where.en} for {hours:.0f} h"
        if said is not None:
            zh, en = f"{zh}，最后一次是{said.zh}", f"{en}, the last was {said.en}"
        if any(self.compound.place_of(device).startswith(place) for device in state.lost):
            zh, en = f"{zh}；该户有设备无应答", f"{en}; a device there does not answer"
        return Words(f"{zh}。请先打电话，再上门看看", f"{en}. Call first, then go and see")


def _cleared(place: str, watched: Watched, why: Words) -> Iterator[Clear]:
    if watched.level:
        yield Clear(place, why)
    watched.level, watched.raised_at = 0, None


def decent(at: datetime, settings: CareSection, zone: ZoneInfo) -> datetime:
    """The time, or the next morning's decent hour when it is at night."""
    local = at.astimezone(zone)
    minutes = local.hour * 60 + local.minute
    first, last = minutes_of(settings.decent_from), minutes_of(settings.decent_until)
    if first <= minutes < last:
        return at
    day = local.date() + timedelta(days=1 if minutes >= last else 0)
    return datetime.combine(day, time(first // 60, first % 60), zone).astimezone(UTC)


def plan_data(person: str, longest: timedelta, water_m3: float) -> dict[str, Any]:
    """The data of the action that states an agreement."""
    return {"person": person, "longest_s": longest.total_seconds(), "water_m3": water_m3}
