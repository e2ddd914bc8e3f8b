"""Alerts made by hand, for calculations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from gateway.figures.facts import AlertFact
from gateway.figures.period import Period
from gateway.model import Severity

SHANGHAI = ZoneInfo("Asia/Shanghai")
T0 = datetime(2026, 11, 2, 0, 0, tzinfo=UTC)  # 08:00 in Shanghai, a Monday
_NUMBERS = count()


def at(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def fact(minutes: float = 0, **more) -> AlertFact:
    values = {
        "id": f"a-{next(_NUMBERS)}",
        "rule": "wall",
        "kind": "zone.alarm",
        "severity": Severity.HIGH,
        "place": "wall/n1",
        "device": "wall-n1",
        "raised_at": at(minutes),
    }
    return AlertFact(**{**values, **more})


def period(days: float = 7, zone: ZoneInfo = SHANGHAI) -> Period:
    return Period(T0, T0 + timedelta(days=days), zone)
