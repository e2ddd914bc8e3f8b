"""What the rule remembers of each home. Plain data: saved with the rules' checkpoint, and loaded after a restart."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

MAX_ANSWERS, MAX_EVENTS, MAX_MEMORY = 20, 30, 50


class ArmedState(StrEnum):
    """What a decision at a door needs to know of a home. `unknown`: nobody has armed or disarmed it yet."""

    AWAY = "away"
    HOME = "home"
    NIGHT = "night"
    DISARMED = "disarmed"
    UNKNOWN = "unknown"


@dataclass
class Remembered:
    """A zone that has alarmed since the home was armed (报警记忆)."""

    zone: str
    at: datetime


@dataclass
class Answer:
    """What became of the request with this number in the journal. `zones` are those that are in the way."""

    number: int
    accepted: bool
    zh: str = ""
    en: str = ""
    zones: list[str] = field(default_factory=list)


@dataclass
class AreaEvent:
    """Something that the household is told. `what`: armed, disarmed, failed (not armed after all), refused or alarm.

    `number` is that of the event that it follows from, the same in a replay.
    """

    number: int
    what: str
    at: datetime
    mode: str = ""
    by: str = ""
    person: str = ""
    zones: list[str] = field(default_factory=list)


@dataclass
class Area:
    """One home.

    `phase`: unknown, disarmed, arming (exit delay), armed, or entry (entry delay); `until` is when a delay ends.
    `by`: phone, keypad, card, schedule, guard or panel; `person` the resident's id, where it was one. `bypassed`: zone
    to `once` (ends with the next disarming) or `standing`. `open`: zones that are not closed. `raised`: zones whose
    alert is not restored. `entered`: the zone that began the entry delay. `due`: the last line of the schedule that
    was followed.
    """

    phase: str = "unknown"
    mode: str = ""
    since: datetime | None = None
    until: datetime | None = None
    by: str = ""
    person: str = ""
    bypassed: dict[str, str] = field(default_factory=dict)
    open: list[str] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    memory: list[Remembered] = field(default_factory=list)
    entered: str = ""
    due: datetime | None = None
    answers: list[Answer] = field(default_factory=list)
    events: list[AreaEvent] = field(default_factory=list)

    @property
    def armed_state(self) -> ArmedState:
        """Armed while the alarm would sound: not yet during the exit delay, still during the entry delay."""
        if self.phase in {"armed", "entry"}:
            return ArmedState(self.mode)
        return ArmedState.UNKNOWN if self.phase == "unknown" else ArmedState.DISARMED

    def answer(self, answer: Answer) -> None:
        """Keep the answer for whoever asked."""
        self.answers = [*self.answers, answer][-MAX_ANSWERS:]

    def note(self, event: AreaEvent) -> None:
        """Keep what the household is to be told."""
        self.events = [*self.events, event][-MAX_EVENTS:]

    def remember(self, zone: str, at: datetime) -> None:
        """Keep that the zone has alarmed."""
        self.memory = [*self.memory, Remembered(zone, at)][-MAX_MEMORY:]


@dataclass
class HomesState:
    """Areas by place. `lost`: devices that don't answer; a zone of theirs can't be armed."""

    areas: dict[str, Area] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def area(self, place: str) -> Area:
        """The home's area; a new one is in the unknown state."""
        return self.areas.setdefault(place, Area())
