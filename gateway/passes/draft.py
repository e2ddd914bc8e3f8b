"""What a person asks for when they make a pass, checked against what its kind may allow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.config.residents import VisitorKind, VisitorSection
from gateway.errors import Refused
from gateway.model import Device, DeviceType, Place, Words

DEFAULT_KIND = "visitor"
_BACK = timedelta(minutes=10)
"""A beginning may lie so far in the past: forms are filled in slowly, and clocks differ."""
_ROOM = re.compile(r"[^/]+/u\d+/\d+")
"""A room's path. Other places, such as `gate/east/lane`, may be as deep without a building above them."""
DOOR_TYPES = frozenset({DeviceType.DOOR, DeviceType.BARRIER})


class PassInvalid(Refused):
    """The pass can't be made like this; `field` is the one that is wrong."""

    def __init__(self, field: str, words: Words) -> None:
        super().__init__(words.en)
        self.field = field
        self.words = words


@dataclass(frozen=True, slots=True)
class PassDraft:
    """`plate` is normalised already. No `doors`: all on the way; no `uses`: as many as its kind allows.

    `host` is the id of the resident who invites, or the name of the user who made it at the counter.
    """

    place: str
    name: str
    since: datetime
    until: datetime
    kind: str = DEFAULT_KIND
    plate: str = ""
    doors: Sequence[str] = ()
    uses: int | None = None
    host: str = ""
    shows_room: bool = False


@dataclass(frozen=True, slots=True)
class Allowed:
    """The doors (none: all on the way to the room, as access.yaml says) and the number of uses that the pass gets."""

    doors: Sequence[str]
    uses: int | None


def allowed(draft: PassDraft, settings: VisitorSection, doors: Sequence[str], now: datetime) -> Allowed:
    """Check the draft; `doors` are those that a pass for its place may open. Raises PassInvalid."""
    kind = settings.all_kinds.get(draft.kind)
    if kind is None:
        known = ", ".join(settings.all_kinds)
        raise PassInvalid(
            "kind", Words(f"没有 {draft.kind} 这种通行证", f"there is no kind {draft.kind!r}, only {known}")
        )
    _check_times(draft, kind, settings, now)
    possible = [door for door in doors if not kind.doors or door in kind.doors]
    for door in draft.doors:
        if door not in possible:
            words = Words(f"这种通行证不能开 {door}", f"such a pass can't open door {door!r}")
            raise PassInvalid("doors", words)
    if kind.uses is not None and draft.uses is not None and draft.uses > kind.uses:
        raise PassInvalid("uses", Words(f"最多 {kind.uses} 次", f"at most {kind.uses} uses"))
    chosen = tuple(dict.fromkeys(draft.doors)) or (tuple(possible) if kind.doors else ())
    return Allowed(chosen, draft.uses if draft.uses is not None else kind.uses)


def _check_times(draft: PassDraft, kind: VisitorKind, settings: VisitorSection, now: datetime) -> None:
    if draft.until <= draft.since or draft.until <= now:
        raise PassInvalid(
            "until", Words("结束时间要晚于开始时间和现在", "it must end after its beginning, and after now")
        )
    if draft.since < now - _BACK:
        raise PassInvalid("from", Words("开始时间已经过去", "its beginning is in the past"))
    if draft.since > now + settings.ahead:
        raise PassInvalid("from", Words("开始时间太远", "its beginning is too far ahead"))
    if draft.until - draft.since > kind.longest:
        words = Words(
            f"{kind.name.zh}最长 {_length_zh(kind.longest)}", f"{kind.name.en}: at most {_length_en(kind.longest)}"
        )
        raise PassInvalid("until", words)


def doors_to(place: str, devices: Mapping[str, Device], places: Mapping[str, Place]) -> list[str]:
    """The doors on the way to a place: outside of buildings, and in its own building those above it."""
    buildings = {path.partition("/")[0] for path in places if _ROOM.fullmatch(path)}

    def on_the_way(at: str) -> bool:
        return at.partition("/")[0] not in buildings or place == at or place.startswith(f"{at}/")

    return [device.id for device in devices.values() if device.type in DOOR_TYPES and on_the_way(device.place)]


def _length_zh(length: timedelta) -> str:
    return f"{length.days} 天" if length >= timedelta(days=1) else f"{length.total_seconds() / 3600:g} 小时"


def _length_en(length: timedelta) -> str:
    return f"{length.days} days" if length >= timedelta(days=1) else f"{length.total_seconds() / 3600:g} hours"
