"""Parses one message: RFC 5424 if its version is 1, else RFC 3164, which accepts any text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from gateway.protocols.charset import decoded

_PRIORITY = re.compile(r"<(?P<priority>[0-9]{1,3})>")
_MAX_PRIORITY = 191
_USER_NOTICE = 13
"""Priority of a message without one (RFC 3164, 4.3.3)."""
_RFC5424_HEADER = re.compile(
    r"1 (?P<at>\S{1,40}) (?P<host>\S{1,255}) (?P<app>\S{1,48}) (?P<process>\S{1,128}) (?P<message>\S{1,32}) "
)
_ISO_TIME = r"(?P<iso>[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\S{0,16})"
_BSD_TIME = r"(?P<day>[A-Z][a-z]{2} {1,2}[0-9]{1,2})( (?P<year>[0-9]{4}))? (?P<hour>[0-9]{2}:[0-9]{2}:[0-9]{2})"
_RFC3164_HEADER = re.compile(
    rf"({_ISO_TIME}|{_BSD_TIME}(\.[0-9]{{1,6}})?( (?P<late>[0-9]{{4}}))?) (?P<host>\S{{1,255}}) ?"
)
"""RFC 3164's time and variants of it: RFC 3339 (rsyslog), with a year before (Huawei) or after the hour (H3C)."""
_RFC3164_TAG = re.compile(r"(?P<app>[A-Za-z0-9_./-]{1,48})(\[(?P<process>[^\]\s]{1,128})\])?:\s?")
_STRUCTURED = re.compile(r"(-|(\[[^\]\\\"]{0,1024}(\"(\\.|[^\"\\]){0,4096}\"[^\]\\\"]{0,1024}){0,64}\])+)( |$)")
_SEVERITIES = "emergency alert critical error warning notice info debug".split()


@dataclass(frozen=True, slots=True)
class SyslogMessage:
    """A parsed message. `host` and `app` are empty if the sender gives none; `at` is in UTC."""

    text: str
    severity: str
    host: str = ""
    app: str = ""
    at: datetime | None = None


def parse_message(data: bytes, zone: ZoneInfo, now: datetime) -> SyslogMessage:
    """Parse any line; without a header all of it is text. `zone` and `now` complete times without zone or year."""
    line = decoded(data).strip("\r\n\0 ")
    found = _PRIORITY.match(line)
    priority = int(found["priority"]) if found else _USER_NOTICE
    if priority > _MAX_PRIORITY:  # `<` and a number that belong to the text
        found, priority = None, _USER_NOTICE
    rest, severity = line[found.end() if found else 0 :], _SEVERITIES[priority & 7]
    header = _RFC5424_HEADER.match(rest) if found else None
    if header:
        structured = _STRUCTURED.match(rest, header.end())
        text = rest[structured.end() if structured else header.end() :]
        text = text.removeprefix("\ufeff")  # RFC 5424 marks UTF-8 with a BOM
        return SyslogMessage(text, severity, _field(header["host"]), _field(header["app"]), _iso_time(header["at"]))
    return _parse_rfc3164(rest, severity, zone, now)


def _parse_rfc3164(rest: str, severity: str, zone: ZoneInfo, now: datetime) -> SyslogMessage:
    dated = _RFC3164_HEADER.match(rest)
    text = rest[dated.end() :] if dated else rest
    tag = _RFC3164_TAG.match(text)
    return SyslogMessage(
        text[tag.end() :] if tag else text,
        severity,
        dated["host"] if dated else "",
        tag["app"] if tag else "",
        _time(dated, zone, now) if dated else None,
    )


def _field(text: str) -> str:
    return "" if text == "-" else text  # NILVALUE (RFC 5424, 6)


def _iso_time(text: str, zone: ZoneInfo | None = None) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
        time = time if time.tzinfo else time.replace(tzinfo=zone)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):  # overflow: within hours of the years 1 and 9999
        return None


def _time(dated: re.Match[str], zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return the time in UTC. A time without a year gets the one that brings it nearest to now."""
    if dated["iso"]:
        return _iso_time(dated["iso"], zone)
    year = dated["year"] or dated["late"]
    years = [int(year)] if year else [now.year - 1, now.year, now.year + 1]
    times = filter(None, (_in_year(year, f"{dated['day']} {dated['hour']}", zone) for year in years))
    return min(times, key=lambda each: abs(each - now), default=None)


def _in_year(year: int, text: str, zone: ZoneInfo) -> datetime | None:
    try:
        return datetime.strptime(f"{year} {text}", "%Y %b %d %H:%M:%S").replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
