"""How long devices were away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.figures.facts import HealthChange
from gateway.figures.period import Period

MOST_DEVICES = 50


@dataclass(frozen=True, slots=True)
class Outage:
    """One device: how often it was away in the period, for how long in all, and whether it is still."""

    device: str
    count: int
    seconds: float
    longest_s: float
    is_away: bool


@dataclass(frozen=True, slots=True)
class Outages:
    """`devices`: the longest away first. `seconds` is the sum over all devices."""

    devices: Sequence[Outage]
    affected: int
    seconds: float


def outages(away_before: Iterable[str], changes: Iterable[HealthChange], period: Period, now: datetime) -> Outages:
    """`away_before` were away when the period began; `changes` are those of the period, in order.

    A device that goes from offline to silent is away once.
    """
    end = min(period.end, now)
    since = dict.fromkeys(away_before, period.begin)
    spans: dict[str, list[timedelta]] = {}
    for change in changes:
        began = since.get(change.device)
        if change.state != "online":
            since.setdefault(change.device, change.at)
        elif began is not None:
            spans.setdefault(change.device, []).append(max(change.at - began, timedelta()))
            del since[change.device]
    for device, began in since.items():
        spans.setdefault(device, []).append(max(end - began, timedelta()))
    found = [
        Outage(device, len(times), sum(times, timedelta()).total_seconds(), max(times).total_seconds(), device in since)
        for device, times in spans.items()
    ]
    found.sort(key=lambda outage: (-outage.seconds, outage.device))
    return Outages(found[:MOST_DEVICES], len(found), sum(outage.seconds for outage in found))
