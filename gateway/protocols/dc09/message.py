"""What stands in a frame (DC-09 §5.5.1): "id" seq Rrcvr Lpref #acct [#acct|data] [x…] _timestamp."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

NULL = "NULL"
_HEADER = re.compile(
    rb'"(?P<star>\*?)(?P<token>[A-Za-z0-9-]{1,16})"\s*(?P<sequence>[0-9]{1,4})\s*'
    rb"(?P<receiver>[Rr][0-9A-Fa-f]{0,6})?\s*(?P<line>[Ll][0-9A-Fa-f]{0,6})?\s*"
    rb"(?:#(?P<account>[0-9A-Za-z]{0,16}))?\s*\[(?P<rest>.*)",
    re.DOTALL,
)
"""Hosts leave the digits of R and L out, or R and L themselves; a few put spaces between."""
_TIME = re.compile(
    r"\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:\.[0-9]{1,6})?\s*,\s*"
    r"(?:(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})[-/.](?P<year>[0-9]{4}|[0-9]{2})"
    r"|(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2}))\s*"
)
_CENTURY = 2000
_COMMON_CHINESE = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")
"""The characters of GB 2312. A single accented letter of Windows-1252 before an ordinary one is none."""
_CONTENT = re.compile(r"((?:(?!\]\[).)*?)\]((?:\s*\[[A-Za-z][^\[\]]*\])*\s*(?:_[^\[\]]*)?)", re.DOTALL)
"""Names of zones may hold brackets: the data end where nothing stands behind but what may."""
_FURTHER = re.compile(r"\[(?:#[0-9A-Za-z]{1,16})?\|([^\[\]]*)\]")
"""A second block of data, which the standard does not have and a few hosts send: an alarm may stand in it."""
MAX_BLOCKS = 16
_EXTENDED = re.compile(r"\[([A-Za-z])([^\]]*)\]")
_IN_DATA = re.compile(r"#([0-9A-Za-z]{1,16})\|")


@dataclass(frozen=True, slots=True)
class Dc09Header:
    """The part that is never encrypted. `account` is empty where only the data names it; `rest` follows the `[`.

    `written` is the account as its panel writes it: most compare what comes back byte by byte.
    """

    token: str
    encrypted: bool
    sequence: str
    receiver: str
    line: str
    account: str
    rest: bytes
    written: str = ""

    @property
    def address(self) -> bytes:
        """As an answer repeats it."""
        account = f"#{self.written}" if self.written else ""
        return f"{self.sequence}{self.receiver}{self.line}{account}".encode()


@dataclass(frozen=True, slots=True)
class Dc09Message:
    """A message in clear. `time` is when it was sent, by the panel's clock, in UTC."""

    header: Dc09Header
    account: str
    data: str
    time: datetime | None = None
    extended: Mapping[str, str] = field(default_factory=dict)
    further: tuple[str, ...] = ()
    """What stands in blocks of data behind the first."""

    @property
    def happened(self) -> datetime | None:
        """When the event happened, by the panel's clock, where it says so (extended data H)."""
        return read_time(self.extended.get("H", ""))


def read_header(body: bytes) -> Dc09Header | None:
    """None where it is none."""
    found = _HEADER.fullmatch(body)
    if found is None:
        return None
    said = {name: value.decode("ascii") for name, value in found.groupdict(b"").items() if name != "rest"}
    return Dc09Header(
        said["token"].upper(),
        bool(said["star"]),
        said["sequence"],
        said["receiver"],
        said["line"],
        said["account"].upper(),
        found["rest"],
        said["account"],
    )


def read_content(header: Dc09Header, clear: bytes) -> Dc09Message | None:
    """The message whose header's `rest` is `clear` (decrypted, with its padding, if it was encrypted).

    None where it is none: most likely it was encrypted with another key.
    """
    text = _text(clear)
    further: tuple[str, ...] = ()
    if whole := _CONTENT.fullmatch(text):
        inner, tail = whole.groups()
    else:
        inner, bracket, tail = text.partition("]")
        if not bracket or "[" in inner:
            return None
        further = tuple(_FURTHER.findall(tail)[: MAX_BLOCKS - 1])
    account, data = _inner(inner, header)
    if header.account and not account.strip("0"):
        account = ""  # written where a host has none to say, a hub of link tests say
    _, underscore, stamp = tail.rpartition("_")
    return Dc09Message(
        header,
        account or header.account,
        data,
        read_time(stamp) if underscore else None,
        {letter.upper(): value.strip() for letter, value in _EXTENDED.findall(tail)},
        further,
    )


def read_time(text: str) -> datetime | None:
    """`HH:MM:SS,MM-DD-YYYY`, which is UTC (§5.5.1.9), with what hosts make of it; None where it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    said = {name: int(value) for name, value in found.groupdict().items() if value is not None}
    year, month, day = (
        said.get(long, said.get(short, 0)) for long, short in (("year", "y"), ("month", "m"), ("day", "d"))
    )
    try:
        return datetime(
            year if year > 99 else _CENTURY + year, month, day, said["hour"], said["minute"], said["second"], tzinfo=UTC
        )
    except ValueError:
        return None


def write_time(moment: datetime) -> bytes:
    """`_HH:MM:SS,MM-DD-YYYY`"""
    return moment.astimezone(UTC).strftime("_%H:%M:%S,%m-%d-%Y").encode()


def _text(clear: bytes) -> str:
    """UTF-8, or GBK as Chinese hosts send it, or Windows-1252, which is the standard's.

    The last two can hardly be told apart: it is GBK where it can be, and a common Chinese character stands in it.
    """
    try:
        return clear.decode("utf-8")
    except UnicodeDecodeError:
        return clear.decode("gb18030" if _is_gbk(clear) else "cp1252", "replace")


def _is_gbk(text: bytes) -> bool:
    try:
        text.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return _COMMON_CHINESE.search(text) is not None


def _inner(inner: str, header: Dc09Header) -> tuple[str, str]:
    """`#acct|data`, `|data`, `data`; encrypted with padding in front, whose `|` some panels leave away."""
    if not header.encrypted:
        return _account_and_data(inner.removeprefix("|"))
    before, bar, after = inner.partition("|")
    if not bar:
        return "", "" if header.token == NULL else _without_padding(inner, header.token)
    if before == f"#{header.account}" and not after.startswith(f"#{header.account}|"):
        return header.account, after
    return _account_and_data(after)


def _account_and_data(text: str) -> tuple[str, str]:
    named = _IN_DATA.match(text)
    return (named[1].upper(), text[named.end() :]) if named else ("", text)


def _without_padding(text: str, token: str) -> str:
    pattern = r"[136][0-9A-F]{3} [0-9A-F]{2} [0-9A-F]{3}$" if token == "ADM-CID" else r"N(?:[a-z]{2}|[A-Z]{2}).*$"  # noqa: S105  # an id token
    found = re.search(pattern, text)
    return found[0] if found else text
