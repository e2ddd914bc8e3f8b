"""One message: RFC 5424 where it says so, else RFC 3164, which takes anything."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.protocols.charset import decoded

_PRIORITY = re.compile(r"<(?P<priority>[0-9]{1,3})>")
_HIGHEST = 191
_USER_NOTICE = 13
"""What a message without a priority counts as (RFC 3164, 4.3.3)."""
_NEW = re.compile(
    r"1 (?P<at>\S{1,40}) (?P<host>\S{1,255}) (?P<app>\S{1,48}) (?P<process>\S{1,128}) (?P<message>\S{1,32}) "
)
_ISO_TIME = r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\S{0,16})"
_YEAR_APART = r"(?P<day>[A-Z][a-z]{2} {1,2}[0-9]{1,2})( (?P<year>[0-9]{4}))? (?P<hour>[0-9]{2}:[0-9]{2}:[0-9]{2})"
_OLD_TIME = re.compile(rf"({_ISO_TIME}|{_YEAR_APART}(\.[0-9]{{1,6}})?( (?P<late>[0-9]{{4}}))?) (?P<host>\S{{1,255}}) ?")
"""RFC 3164's, and what is written in its place: rsyslog's RFC 3339, and the year before (Huawei) or after it (H3C)."""
_OLD_TAG = re.compile(r"(?P<app>[A-Za-z0-9_./-]{1,48})(\[(?P<process>[^\]\s]{1,128})\])?:\s?")
_STRUCTURED = re.compile(r"(-|(\[[^\]\\\"]{0,1024}(\"(\\.|[^\"\\]){0,4096}\"[^\]\\\"]{0,1024}){0,64}\])+)( |$)")
_SEVERITIES = "emergency alert critical error warning notice info debug".split()


@dataclass(frozen=True, slots=True)
class SyslogMessage:
    """`host` and `app` are as the sender has them, empty where it says nothing."""

    text: str
    severity: str
    host: str = ""
    app: str = ""
    at: datetime | None = None


def parse_message(data: bytes, zone: ZoneInfo, now: datetime) -> SyslogMessage:
    """Whatever it is: what has no header is text. `zone` and `now` are for times without zone and year."""
    line = _text(data)
    found = _PRIORITY.match(line)
    priority = int(found["priority"]) if found else _USER_NOTICE
    if priority > _HIGHEST:
        found, priority = None, _USER_NOTICE
    rest, severity = line[found.end() if found else 0 :], _SEVERITIES[priority & 7]
    new = _NEW.match(rest) if found else None
    if new:
        structured = _STRUCTURED.match(rest, new.end())
        text = rest[structured.end() if structured else new.end() :].removeprefix("\ufeff")
        return SyslogMessage(text, severity, _said(new["host"]), _said(new["app"]), _new_time(new["at"]))
    return _old(rest, severity, zone, now)


def _old(rest: str, severity: str, zone: ZoneInfo, now: datetime) -> SyslogMessage:
    dated = _OLD_TIME.match(rest)
    text = rest[dated.end() :] if dated else rest
    tag = _OLD_TAG.match(text)
    return SyslogMessage(
        text[tag.end() :] if tag else text,
        severity,
        dated["host"] if dated else "",
        tag["app"] if tag else "",
        _old_time(dated, zone, now) if dated else None,
    )


def _text(data: bytes) -> str:
    return decoded(data).strip("\r\n\0 ")


def _said(word: str) -> str:
    return "" if word == "-" else word


def _new_time(text: str, zone: ZoneInfo | None = None) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
        read = read if read.tzinfo else read.replace(tzinfo=zone)
        return read.astimezone(UTC) if read.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _old_time(dated: re.Match[str], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Where it has no year, the one that brings it nearest to now."""
    if dated["iso"]:
        return _new_time(dated["iso"], zone)
    named = dated["year"] or dated["late"]
    years = [int(named)] if named else [now.year - 1, now.year, now.year + 1]
    read = filter(None, (_in_year(year, f"{dated['day']} {dated['hour']}", zone) for year in years))
    return min(read, key=lambda each: abs(each - now), default=None)


def _in_year(year: int, text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
