"""Doors: forced open (强行开门), held open (门未关), and denied too often (多次刷卡被拒)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated

from pydantic import Field

from gateway.model import Clear, Decision, Decisions, Event, Raise, Severity, Signal, Wake, WakeAt, Words
from gateway.rule import Rule
from gateway.settings.durations import Duration, PositiveDuration, max_duration
from gateway.settings.selection import Selection, SeverityOrOff

HORIZON = timedelta(hours=1)
REMEMBERED_AT_MOST = 10_000
"""Doors whose denials are kept; beyond it the one that denied longest ago is forgotten."""


class DoorwaySettings(Selection):
    forced: SeverityOrOff = Severity.HIGH
    held: SeverityOrOff = Severity.MEDIUM
    denied: SeverityOrOff = Severity.MEDIUM
    held_after: Annotated[
        Duration,
        max_duration(HORIZON),
        Field(description="how long a door may stand open; 0s: only if the device says so"),
    ] = timedelta(seconds=60)
    denied_times: Annotated[int, Field(ge=1, le=100, description="so many denials at one door …")] = 3
    denied_within: Annotated[PositiveDuration, max_duration(HORIZON), Field(description="… in this time")] = timedelta(
        minutes=1
    )


@dataclass(slots=True)
class Doors:
    """What is known of all doors: which stand open, what is raised, and when each denied, in the order of the last."""

    open: set[str] = field(default_factory=set)
    standing: set[str] = field(default_factory=set)
    denials: dict[str, list[datetime]] = field(default_factory=dict)


class Doorway(Rule):
    Settings = DoorwaySettings
    KINDS = frozenset({"door.opened", "door.closed", "door.forced", "door.held", "access.denied"})
    State = Doors
    HORIZON = HORIZON

    settings: DoorwaySettings

    def start(self, held: frozenset[str]) -> Doors:
        return Doors(standing=set(held))

    def on(self, state: Doors, event: Event) -> Decisions:
        if isinstance(event, Wake):
            return self._on_wake(event, state)
        if isinstance(event, Signal) and self.settings.covers(event.device, self.compound):
            return self._on_signal(event, state)
        return ()

    def _on_signal(self, signal: Signal, doors: Doors) -> Decisions:
        door = _door(signal)
        match signal.kind:
            case "door.opened":
                return self._opened(door, signal.time, doors)
            case "door.closed":
                return self._closed(door, doors)
            case "door.forced":
                return self._raise(door, "forced", doors)
            case "door.held":
                return self._raise(door, "held", doors)
            case "access.denied":
                return self._denied(door, signal.time, doors)
        return ()

    def _on_wake(self, wake: Wake, doors: Doors) -> Decisions:
        door, _, name = wake.key.rpartition("/")
        if name == "held" and door in doors.open and wake.key not in doors.standing:
            return self._raise(door, "held", doors)
        if name == "denied" and wake.key in doors.standing:
            return self._clear([wake.key], doors)
        return ()

    def _opened(self, door: str, at: datetime, doors: Doors) -> Decisions:
        if door in doors.open or not self.settings.held_after or self.settings.held is None:
            return ()
        doors.open.add(door)
        return [WakeAt(f"{door}/held", at + self.settings.held_after)]

    def _closed(self, door: str, doors: Doors) -> Decisions:
        decisions: list[Decision] = []
        if door in doors.open:
            doors.open.remove(door)
            decisions.append(WakeAt(f"{door}/held", None))
        return [*decisions, *self._clear([f"{door}/forced", f"{door}/held"], doors)]

    def _denied(self, door: str, at: datetime, doors: Doors) -> Decisions:
        denials = [*doors.denials.pop(door, ()), at][-self.settings.denied_times :]
        doors.denials[door] = denials
        if len(doors.denials) > REMEMBERED_AT_MOST:
            del doors.denials[next(iter(doors.denials))]
        if len(denials) < self.settings.denied_times or at - denials[0] > self.settings.denied_within:
            return ()
        quiet = WakeAt(f"{door}/denied", at + self.settings.denied_within)
        raised = self._raise(door, "denied", doors)
        return [*raised, quiet] if raised else ()

    def _raise(self, door: str, name: str, doors: Doors) -> Decisions:
        severity: Severity | None = getattr(self.settings, name)
        if severity is None:
            return ()
        device, _, number = door.partition(".")
        where = self.compound.where(device)
        zh = f"{where.zh} {number}号门" if number else where.zh
        en = f"{where.en} door {number}" if number else where.en
        reason = {
            "forced": Words(f"{zh} 强行开门", f"Door forced open at {en}"),
            "held": Words(f"{zh} 门长时间未关", f"Door held open at {en}"),
            "denied": Words(f"{zh} 多次刷卡被拒", f"Access denied again and again at {en}"),
        }[name]
        doors.standing.add(f"{door}/{name}")
        return [Raise(f"{door}/{name}", severity, self.compound.place_of(device), reason, device)]

    def _clear(self, keys: list[str], doors: Doors) -> Decisions:
        over = [key for key in keys if key in doors.standing]
        doors.standing.difference_update(over)
        return [Clear(key, _OVER[key.rpartition("/")[2]]) for key in over]


_OVER = {
    "forced": Words("门已关闭", "The door is closed"),
    "held": Words("门已关闭", "The door is closed"),
    "denied": Words("未再被拒", "No further denials"),
}


def _door(signal: Signal) -> str:
    number = signal.data.get("door")
    return signal.device if number is None else f"{signal.device}.{str(number).replace('/', '_')}"


RULE = Doorway
