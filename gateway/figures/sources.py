"""What spends the alarm budget: the sources whose repair would save most, and zones that say nothing or do not end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from gateway.figures.facts import AlertFact

FIX = 5


@dataclass(frozen=True, slots=True)
class AlertSource:
    """One rule at one device (or at a place, without a device).

    `avoidable` are its alarms that people closed as false or nuisance: what nobody has judged may be real. `saved` is
    the share of all alarms that are gone once this source and those before it are fixed.
    """

    rule: str
    device: str
    place: str
    count: int
    avoidable: int
    saved: float


@dataclass(frozen=True, slots=True)
class FixList:
    """`half_at`: how many sources have to be fixed for half of the alarms; None when even all do not suffice."""

    sources: Sequence[AlertSource]
    half_at: int | None


def fix_list(alerts: Sequence[AlertFact], most: int = FIX) -> FixList:
    """The sources with the most alarms that were not real, and how the share of saved ones grows with each."""
    counts = Counter[tuple[str, str, str]]()
    avoidable = Counter[tuple[str, str, str]]()
    for alert in alerts:
        key = alert.rule, alert.device, alert.place
        counts[key] += 1
        avoidable[key] += alert.is_worthless
    ordered = sorted(avoidable, key=lambda key: (-avoidable[key], key))
    saved, sources, half_at = 0, list[AlertSource](), None
    for number, key in enumerate(ordered, 1):
        saved += avoidable[key]
        if half_at is None and saved * 2 >= len(alerts):
            half_at = number
        if number <= most and avoidable[key]:
            sources.append(AlertSource(*key, counts[key], avoidable[key], saved / len(alerts)))
    return FixList(sources, half_at)


@dataclass(frozen=True, slots=True)
class ZoneUse:
    """When a zone last rang and was last restored in the period; None: it did not."""

    device: str
    rang: datetime | None
    restored: datetime | None


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones that rang and were not restored after that, and zones that never rang in the period: test them."""

    never_restored: Sequence[ZoneUse]
    never_rang: Sequence[str]
    watched: int


def zones(devices: Iterable[str], uses: Mapping[str, ZoneUse]) -> Zones:
    """`devices` are all zones of the configuration."""
    names = sorted(devices)
    found = [uses[name] for name in names if name in uses]
    hanging = [use for use in found if use.rang is not None and (use.restored is None or use.restored < use.rang)]
    rang = {use.device for use in found if use.rang is not None}
    return Zones(hanging, [name for name in names if name not in rang], len(names))
