"""The vocabulary: what one device said, what is owed to a guard, what is to be done.

Standard library only, frozen, typed. Times are aware datetimes in UTC. Everything in
`data` is JSON: what can't be written to the journal can't be said.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import Any

Json = Mapping[str, Any]

ALARM_KINDS = frozenset(
    """zone.alarm zone.tampered panic.pressed duress.entered fire.alarm gas.alarm water.alarm
    medical.alarm door.forced""".split()
)
SIGHTING_KINDS = frozenset(
    "motion.started motion.ended face.matched face.unknown face.watchlisted plate.read object.seen".split()
)
OTHER_KINDS = frozenset(
    """zone.restored zone.faulted zone.bypassed area.armed area.disarmed
    fire.restored gas.restored water.restored panic.restored medical.restored
    door.opened door.closed door.held door.locked door.unlocked
    credential.presented pin.entered reader.tampered reader.restored
    access.granted access.denied exit.requested call.started call.answered call.ended
    camera.covered camera.frozen camera.moved camera.restored barrier.opened barrier.closed
    barrier.blocked barrier.cleared
    panel.battery_low panel.battery_restored panel.mains_lost panel.mains_restored panel.tested
    device.online device.offline device.silent device.refused device.faulted device.restored
    command.done command.failed report.made storage.failed storage.restored
    certificate.failing certificate.restored configuration.changed configuration.refused""".split()
)
KINDS = ALARM_KINDS | SIGHTING_KINDS | OTHER_KINDS

DEVICE_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
PLACE_PATH = re.compile(r"[a-z0-9_-]+(/[a-z0-9_-]+)*")
_THIRD_PARTY_KIND = re.compile(r"x\.[a-z0-9_]+(\.[a-z0-9_]+)*")


def is_kind(kind: str) -> bool:
    """Whether `kind` is one of the list, or a third party's own (`x.…`)."""
    return kind in KINDS or _THIRD_PARTY_KIND.fullmatch(kind) is not None


def new_id(prefix: str) -> str:
    """A unique id that sorts by the time it was made: `prefix-` + 48 bit ms + 64 bit chance."""
    return f"{prefix}-{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"


class Severity(IntEnum):
    """How much it matters; compares, and is spelled by name outside."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def of(cls, word: str) -> Severity:
        return cls[word.upper()]


class AlertState(StrEnum):
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    ON_SCENE = "on_scene"
    ON_HOLD = "on_hold"
    CLOSED = "closed"


class Disposition(StrEnum):
    REAL = "real"
    FALSE = "false"
    NUISANCE = "nuisance"
    TEST = "test"
    DRILL = "drill"


class Role(StrEnum):
    GUARD = "guard"
    SUPERVISOR = "supervisor"
    INSTALLER = "installer"
    MANAGER = "manager"


class DeviceType(StrEnum):
    """What a thing is to the guard, whatever protocol it speaks."""

    CAMERA = "camera"
    DOOR = "door"
    ZONE = "zone"
    PANEL = "panel"
    HOME = "home"
    READER = "reader"
    BARRIER = "barrier"
    INTERCOM = "intercom"
    SIREN = "siren"
    SENSOR = "sensor"


class Health(StrEnum):
    """The third state is unknown, never off. `refused`: it answers, but what it says is not taken."""

    UNKNOWN = "unknown"
    ONLINE = "online"
    SILENT = "silent"
    OFFLINE = "offline"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the two languages of the screen."""

    zh: str
    en: str

    __iter__ = None  # else __getitem__ would make `"x" in words` search without end

    def __getitem__(self, language: str) -> str:
        return self.en if language == "en" else self.zh

    def __str__(self) -> str:
        """The English one, for logs and the command line."""
        return self.en

    @classmethod
    def of(cls, said: Said) -> Words:
        """What is known in one language alone is the same in both."""
        return said if isinstance(said, Words) else cls(said, said)


Said = Words | str
"""A sentence for people: in both languages, or in the one that its author has."""


def as_data(said: Said) -> Json | str:
    """As it stands in a signal's data: `{"zh", "en"}`, or the text there is."""
    return {"zh": said.zh, "en": said.en} if isinstance(said, Words) else said


def from_data(data: object) -> Said:
    """What `as_data` made of it; the text of whatever else it is."""
    if isinstance(data, Mapping) and {"zh", "en"} <= data.keys():
        return Words(str(data["zh"]), str(data["en"]))
    return str(data)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is: a path such as `b3/u1/1502`, and its full name for people."""

    path: str
    name: Words


@dataclass(frozen=True, slots=True)
class Device:
    """A thing in the YAML. `cadence` is how long it may say nothing; None: it may always.

    `part_of` is the panel a zone hangs on, or the unit of a line: the panel's or line's driver speaks for it.
    """

    id: str
    kind: str
    type: DeviceType
    name: str
    place: str
    cadence: timedelta | None = None
    part_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One thing one device said.

    `at` is the device's own clock (noted, never trusted for order), `source_id` its own
    number for this signal. `fresh` says the protocol vouches that this is no redelivery.
    `received` and `number` are given by the intake; order is the number's.
    `picture` is a JPEG; the intake stores it and names it in `data["snapshot"]`.
    """

    device: str
    kind: str
    at: datetime | None = None
    source_id: str | None = None
    data: Json = field(default_factory=dict)
    fresh: bool = False
    picture: bytes | None = field(default=None, repr=False, compare=False)
    id: str = field(default_factory=lambda: new_id("s"))
    received: datetime | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        if not is_kind(self.kind):
            raise ValueError(f"signal kind {self.kind!r} is not in the list; a third party's own begins with 'x.'")

    @property
    def is_alarm(self) -> bool:
        return self.kind in ALARM_KINDS

    @property
    def is_sighting(self) -> bool:
        return self.kind in SIGHTING_KINDS

    @property
    def time(self) -> datetime:
        """Rule time: when the intake took it in."""
        if self.received is None:
            raise ValueError(f"signal {self.id} has not been through the intake yet")
        return self.received


@dataclass(frozen=True, slots=True)
class Command:
    """Something to do: `unlock`, `sound`, `arm`, `open`, … Performed once or reported, never late."""

    device: str
    action: str
    arguments: Json = field(default_factory=dict)
    by: str = ""
    id: str = field(default_factory=lambda: new_id("c"))
    limit: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Wake:
    """A wake-up a rule asked for, come due. `time` is rule time; `number` its journal row.

    `because` is the number of the signal on which it was asked for.
    """

    rule: str
    key: str
    time: datetime
    number: int | None = None
    because: int | None = None


@dataclass(frozen=True, slots=True)
class Raise:
    """A situation is owed to a guard. The same rule and key again folds into the open alert."""

    key: str
    severity: Severity
    place: str
    reason: Words
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Clear:
    """The situation is over; the alert stays until a person closes it."""

    key: str
    reason: Words


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Wake me at `time` with `key`; asking again with the same key moves it, None forgets it."""

    key: str
    time: datetime | None


@dataclass(frozen=True, slots=True)
class Perform:
    """Have a device do something."""

    device: str
    action: str
    arguments: Json = field(default_factory=dict)
    limit: timedelta = timedelta(seconds=10)


Decision = Raise | Clear | WakeAt | Perform
Decisions = Sequence[Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A situation owed to a guard: the fold over its decisions and steps."""

    id: str
    rule: str
    key: str
    severity: Severity
    state: AlertState
    place: str
    device: str | None
    reason: Words
    raised_at: datetime
    last_at: datetime
    count: int = 1
    restored_at: datetime | None = None
    disposition: Disposition | None = None
    assignee: str | None = None
    snapshot: str | None = None
    on_record: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """What a person did about an alert, and when; never changed afterwards."""

    alert: str
    action: str
    user: str
    at: datetime
    note: str = ""
    data: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    phone: str = ""
    role: str = "resident"


@dataclass(frozen=True, slots=True)
class Household:
    """A room and the persons tied to it (人房关联)."""

    place: str
    persons: Sequence[Person] = ()
    plates: Sequence[str] = ()
