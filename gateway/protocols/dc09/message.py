"""The content of a frame (DC-09 §5.5.1): "id" seq Rrcvr Lpref #acct [#acct|data] [x…] _timestamp."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

NULL = "NULL"
_HEADER = re.compile(
    rb'"(?P<star>\*?)(?P<token>[A-Za-z0-9-]{1,16})"\s*(?P<sequence>[0-9]{1,4})\s*'
    rb"(?P<receiver>[Rr][0-9A-Fa-f]{0,6})?\s*(?P<line>[Ll][0-9A-Fa-f]{0,6})?\s*"
    rb"(?:#(?P<account>[0-9A-Za-z]{0,16}))?\s*\[(?P<content>.*)",
    re.DOTALL,
)
"""Some panels omit the digits of R and L, or R and L themselves; a few insert spaces."""
_TIME = re.compile(
    r"\s*(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2}):(?P<second>[0-9]{1,2})(?:\.[0-9]{1,6})?\s*,\s*"
    r"(?:(?P<month>[0-9]{1,2})[-/.](?P<day>[0-9]{1,2})[-/.](?P<year>[0-9]{4}|[0-9]{2})"
    r"|(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2}))\s*"
)
_CENTURY = 2000
_COMMON_CHINESE = re.compile(rb"[\xb0-\xf7][\xa1-\xfe]")
"""The characters of GB 2312. An accented Windows-1252 letter followed by an ASCII letter does not match."""
_CONTENT = re.compile(r"((?:(?!\]\[).)*?)\]((?:\s*\[[A-Za-z][^\[\]]*\])*\s*(?:_[^\[\]]*)?)", re.DOTALL)
"""Zone names may contain brackets, so the data ends only where extended data or the time stamp follows."""
_EXTRA_BLOCK = re.compile(r"\[(?:#[0-9A-Za-z]{1,16})?\|([^\[\]]*)\]")
"""A further data block. The standard has only one, but a few panels send more, and they may hold alarms."""
MAX_BLOCKS = 16
_EXTENDED = re.compile(r"\[([A-Za-z])([^\]]*)\]")
_IN_DATA = re.compile(r"#([0-9A-Za-z]{1,16})\|")


@dataclass(frozen=True, slots=True)
class Dc09Header:
    """The part of a message that is never encrypted."""

    token: str
    encrypted: bool
    sequence: str
    receiver: str
    line: str
    account: str
    """In capitals; empty if only the data names the account."""
    content: bytes
    """All after the `[`, still encrypted if `encrypted`."""
    account_as_sent: str = ""
    """The account as the panel writes it: most panels compare it with the reply byte by byte."""

    @property
    def address(self) -> bytes:
        """Sequence number, receiver, line and account as a reply repeats them."""
        account = f"#{self.account_as_sent}" if self.account_as_sent else ""
        return f"{self.sequence}{self.receiver}{self.line}{account}".encode()


@dataclass(frozen=True, slots=True)
class Dc09Message:
    """A message in clear."""

    header: Dc09Header
    account: str
    data: str
    sent_at: datetime | None = None
    """By the panel's clock, in UTC."""
    extended: Mapping[str, str] = field(default_factory=dict)
    """Extended data: letter → value."""
    extra_blocks: tuple[str, ...] = ()
    """Data blocks after the first."""

    @property
    def occurred_at(self) -> datetime | None:
        """When the event occurred, by the panel's clock (extended data H); None if the panel does not say."""
        return read_time(self.extended.get("H", ""))


def read_header(body: bytes) -> Dc09Header | None:
    """Return the header of a frame's body, or None if it has none."""
    found = _HEADER.fullmatch(body)
    if found is None:
        return None
    fields = {name: value.decode("ascii") for name, value in found.groupdict(b"").items() if name != "content"}
    return Dc09Header(
        fields["token"].upper(),  # a few panels write it in small letters
        bool(fields["star"]),
        fields["sequence"],
        fields["receiver"],
        fields["line"],
        fields["account"].upper(),
        found["content"],
        fields["account"],
    )


def read_content(header: Dc09Header, clear: bytes) -> Dc09Message | None:
    """Return the message with this header and content. `clear` is the content, decrypted but still with padding.

    None if the content has no closing bracket: then it was most likely encrypted with another key.
    """
    text = _text(clear)
    extra: tuple[str, ...] = ()
    if whole := _CONTENT.fullmatch(text):
        inner, tail = whole.groups()
    else:
        # More than one data block: the first is the message's data.
        inner, bracket, tail = text.partition("]")
        if not bracket or "[" in inner:
            return None
        extra = tuple(_EXTRA_BLOCK.findall(tail)[: MAX_BLOCKS - 1])
    account, data = _inner(inner, header)
    if header.account and not account.strip("0"):
        account = ""  # zeros in place of an account, in the link tests of some hubs
    _, underscore, stamp = tail.rpartition("_")
    return Dc09Message(
        header,
        account or header.account,
        data,
        read_time(stamp) if underscore else None,
        {letter.upper(): value.strip() for letter, value in _EXTENDED.findall(tail)},
        extra,
    )


def read_time(text: str) -> datetime | None:
    """Parse `HH:MM:SS,MM-DD-YYYY` in UTC (§5.5.1.9) and the variants that panels send; None if it is no time."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    numbers = {name: int(value) for name, value in found.groupdict().items() if value is not None}
    year, month, day = (
        numbers.get(long, numbers.get(short, 0)) for long, short in (("year", "y"), ("month", "m"), ("day", "d"))
    )
    try:
        year = year if year > 99 else _CENTURY + year
        return datetime(year, month, day, numbers["hour"], numbers["minute"], numbers["second"], tzinfo=UTC)
    except ValueError:
        return None


def write_time(time: datetime) -> bytes:
    """Return the time stamp of a frame, `_HH:MM:SS,MM-DD-YYYY` in UTC."""
    return time.astimezone(UTC).strftime("_%H:%M:%S,%m-%d-%Y").encode()


def _text(clear: bytes) -> str:
    """Decode UTF-8, GBK (Chinese panels) or Windows-1252 (the standard).

    The last two can hardly be told apart: valid GBK with at least one common Chinese character is taken as GBK.
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
    """Split `#acct|data`, `|data` or `data`; if encrypted, padding precedes it, whose `|` some panels omit."""
    if not header.encrypted:
        return _account_and_data(inner.removeprefix("|"))
    before, bar, after = inner.partition("|")
    if not bar:  # no end of the padding: look for what the data of this format begins with
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
