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
MAX_DOORS = 10_000
"""Doors whose denials are kept. Beyond it the one whose last denial is longest ago is dropped."""


class DoorwaySettings(Selection):
    """Severities, and when a door counts as held or denied too often."""

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
class DoorStates:
    """The state of all doors. A door is a device id, or `DEVICE.NUMBER` where a device serves several."""

    open: set[str] = field(default_factory=set)
    raised: set[str] = field(default_factory=set)
    """Keys of alerts that are not restored: `DOOR/forced`, `DOOR/held`, `DOOR/denied`."""
    denials: dict[str, list[datetime]] = field(default_factory=dict)
    """Times of the last denials by door, ordered by the last denial."""


class Doorway(Rule):
    """Raises while a door is forced or held, and after several denials; clears when it is closed or quiet again."""

    Settings = DoorwaySettings
    KINDS = frozenset({"door.opened", "door.closed", "door.forced", "door.held", "access.denied"})
    State = DoorStates
    VERSION = 2
    HORIZON = HORIZON

    settings: DoorwaySettings

    def start(self, held: frozenset[str]) -> DoorStates:
        """Go on with the alerts that are open."""
        return DoorStates(raised=set(held))

    def on(self, state: DoorStates, event: Event) -> Decisions:
        """Decide on a door's signal, or on a wake-up: held too long, or quiet again after denials."""
        if isinstance(event, Wake):
            return self._on_wake(event, state)
        if isinstance(event, Signal) and self.settings.covers(event.device, self.compound):
            return self._on_signal(event, state)
        return ()

    def _on_signal(self, signal: Signal, doors: DoorStates) -> Decisions:
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
            case "access.denied" if _is_attempt(signal):
                return self._denied(door, signal.time, doors)
        return ()

    def _on_wake(self, wake: Wake, doors: DoorStates) -> Decisions:
        door, _, name = wake.key.rpartition("/")
        if name == "held" and door in doors.open and wake.key not in doors.raised:
            return self._raise(door, "held", doors)
        if name == "denied" and wake.key in doors.raised:
            return self._clear([wake.key], doors)
        return ()

    def _opened(self, door: str, at: datetime, doors: DoorStates) -> Decisions:
        if door in doors.open or not self.settings.held_after or self.settings.held is None:
            return ()
        doors.open.add(door)
        return [WakeAt(f"{door}/held", at + self.settings.held_after)]

    def _closed(self, door: str, doors: DoorStates) -> Decisions:
        decisions: list[Decision] = []
        if door in doors.open:
            doors.open.remove(door)
            decisions.append(WakeAt(f"{door}/held", None))
        return [*decisions, *self._clear([f"{door}/forced", f"{door}/held"], doors)]

    def _denied(self, door: str, at: datetime, doors: DoorStates) -> Decisions:
        denials = [*doors.denials.pop(door, ()), at][-self.settings.denied_times :]
        doors.denials[door] = denials
        if len(doors.denials) > MAX_DOORS:
            del doors.denials[next(iter(doors.denials))]
        if len(denials) < self.settings.denied_times or at - denials[0] > self.settings.denied_within:
            return ()
        end = WakeAt(f"{door}/denied", at + self.settings.denied_within)
        raised = self._raise(door, "denied", doors)
        return [*raised, end] if raised else ()

    def _raise(self, door: str, name: str, doors: DoorStates) -> Decisions:
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
        doors.raised.add(f"{door}/{name}")
        return [Raise(f"{door}/{name}", severity, self.compound.place_of(device), reason, device)]

    def _clear(self, keys: list[str], doors: DoorStates) -> Decisions:
        cleared = [key for key in keys if key in doors.raised]
        doors.raised.difference_update(cleared)
        return [Clear(key, _CLEARED[key.rpartition("/")[2]]) for key in cleared]


_CLEARED = {
    "forced": Words("门已关闭", "The door is closed"),
    "held": Words("门已关闭", "The door is closed"),
    "denied": Words("未再被拒", "No further denials"),
}


def _is_attempt(signal: Signal) -> bool:
    """Whether somebody tried to get in without a right.

    A camera reads whoever passes by; the first of two people, and a card that a restart cut off, did nothing wrong.
    """
    if signal.data.get("code") in ("second_person", "cut_off"):
        return False
    return signal.data.get("credential") not in ("plate", "face")


def _door(signal: Signal) -> str:
    number = signal.data.get("door")
    # The gateway's own decisions name the door by its id, as everywhere; a controller's number is one of its doors.
    return signal.device if number in (None, signal.device) else f"{signal.device}.{str(number).replace('/', '_')}"


RULE = Doorway
