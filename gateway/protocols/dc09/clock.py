"""Panel clocks: UTC by the standard (DC-09 §5.5.1.9), local time in many panels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.model import Words
from gateway.protocols.dc09.message import Dc09Message, read_time

HALF_HOUR = timedelta(minutes=30)
"""Nearly every time zone is a multiple of this from UTC, between -12 and +14 hours."""
ZONE_TOLERANCE = timedelta(minutes=2)
"""A skew this close to a time zone's offset is taken for local time."""
MIN_OFFSET, MAX_OFFSET = timedelta(hours=-12), timedelta(hours=14)


def with_utc_time(message: Dc09Message, zone: ZoneInfo | None, now: datetime) -> Dc09Message:
    """Return the message with `sent_at` in UTC. `zone` is the panel's time zone; None: the panel sends UTC."""
    if zone is None or message.sent_at is None:
        return message
    return replace(message, sent_at=_nearest(message.sent_at, zone, now))


def occurred_at(message: Dc09Message, zone: ZoneInfo | None, now: datetime) -> datetime | None:
    """Return when the event occurred, in UTC (extended data H); None if the panel does not say."""
    time = read_time(message.extended.get("H", ""))
    return time if time is None or zone is None else _nearest(time, zone, now)


def panel_time(now: datetime, zone: ZoneInfo | None) -> datetime:
    """Return `now` for a reply: the panel reads it as UTC, so its local time is written in place of UTC."""
    return now if zone is None else now.astimezone(zone).replace(tzinfo=UTC)


def describe_skew(time: datetime, now: datetime) -> Words:
    """Describe how far a clock that shows `time` at `now` is off, and how to fix it."""
    skew = time - now
    zh, en = ("快", "ahead") if skew > timedelta() else ("慢", "behind")
    amount = _duration(abs(skew))
    shows = f"{time:%m-%d %H:%M:%S}", f"{now:%m-%d %H:%M:%S}"
    what = Words(
        f"主机时钟{zh}{amount.zh}（其时间 {shows[0]}，网关 {shows[1]}，UTC）",
        f"its clock is {amount.en} {en} (it says {shows[0]}, ours {shows[1]}, UTC)",
    )
    zone = _offset_of(skew)
    if zone is None:
        return Words(f"{what.zh}；请在主机上校时", f"{what.en}: set the panel's clock")
    # Other offsets have many zones, of which the installer must choose one.
    name = "Asia/Shanghai" if zone == timedelta(hours=8) else "…"
    sign = "-" if zone < timedelta() else "+"
    utc = f"UTC{sign}{_hours(abs(zone))}"
    return Words(
        f"{what.zh}，像是当地时间（{utc}）；请把主机时区设为 UTC，或在该账号的配置中写 timezone: {name}",
        f"{what.en}; it looks like local time ({utc}): set the panel to UTC, or its account's `timezone: {name}`",
    )


def _nearest(time: datetime, zone: ZoneInfo, now: datetime) -> datetime:
    """Return `time` of `zone` in UTC. An hour that occurs twice (end of summer time) is the one nearer to now."""
    local = [time.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return min(local, key=lambda each: abs(each - now))


def _offset_of(skew: timedelta) -> timedelta | None:
    """Return the UTC offset that explains the skew, or None if the clock is simply wrong."""
    zone = round(skew / HALF_HOUR) * HALF_HOUR
    # No time zone but UTC itself is within half an hour of UTC, so such a skew is a wrong clock.
    is_plausible = abs(skew - zone) <= ZONE_TOLERANCE and MIN_OFFSET <= zone <= MAX_OFFSET and abs(zone) > HALF_HOUR
    return zone if is_plausible else None


def _duration(time: timedelta) -> Words:
    seconds = round(time.total_seconds())
    if seconds < 120:
        return Words(f"{seconds}秒", f"{seconds} s")
    if seconds < 7200:
        return Words(f"{round(seconds / 60)}分钟", f"{round(seconds / 60)} min")
    if seconds < 172_800:
        hours = f"{seconds / 3600:.1f}".removesuffix(".0")
        return Words(f"{hours}小时", f"{hours} h")
    return Words(f"{round(seconds / 86_400)}天", f"{round(seconds / 86_400)} d")


def _hours(zone: timedelta) -> str:
    hours, minutes = divmod(round(zone.total_seconds() / 60), 60)
    return f"{hours}:{minutes:02}" if minutes else str(hours)
