"""Times as residents read them: the compound's own, to the minute."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo


def local_time(at: datetime, zone: str) -> str:
    """`2026-11-30 20:15`."""
    return at.astimezone(_zone(zone)).strftime("%Y-%m-%d %H:%M")


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
