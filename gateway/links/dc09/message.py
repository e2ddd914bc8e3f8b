"""What stands in a frame (DC-09 §5.5.1): "id" seq Rrcvr Lpref #acct [#acct|data] [x…] _timestamp."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

NULL = "NULL"
_HEADER = re.compile(
    rb'"(?P<star>\*?)(?P<token>[A-Z0-9-]{1,16})"(?P<sequence>[0-9]{4})'
    rb"(?P<receiver>R[0-9A-Fa-f]{1,6})?(?P<line>L[0-9A-Fa-f]{1,6})?(?:#(?P<account>[0-9A-Za-z]{1,16}))?\[(?P<rest>.*)",
    re.DOTALL,
)
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2}),([0-9]{2})-([0-9]{2})-([0-9]{4})")
_EXTENDED = re.compile(r"\[([A-Za-z])([^\]]*)\]")
_IN_DATA = re.compile(r"#([0-9A-Za-z]{1,16})\|")


@dataclass(frozen=True, slots=True)
class Header:
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
class Message:
    """A message in clear. `time` is when it was sent, by the panel's clock, in UTC."""

    header: Header
    account: str
    data: str
    time: datetime | None = None
    extended: Mapping[str, str] = field(default_factory=dict)

    @property
    def happened(self) -> datetime | None:
        """When the event happened, by the panel's clock, where it says so (extended data H)."""
        return read_time(self.extended.get("H", ""))


def read_header(body: bytes) -> Header | None:
    """None where it is none."""
    found = _HEADER.fullmatch(body)
    if found is None:
        return None
    said = {name: value.decode("ascii") for name, value in found.groupdict(b"").items() if name != "rest"}
    return Header(
        said["token"],
        bool(said["star"]),
        said["sequence"],
        said["receiver"],
        said["line"],
        said["account"].upper(),
        found["rest"],
        said["account"],
    )


def read_content(header: Header, clear: bytes) -> Message | None:
    """The message whose header's `rest` is `clear` (decrypted, with its padding, if it was encrypted).

    None where it is none: most likely it was encrypted with another key.
    """
    text = _text(clear)
    inner, bracket, tail = text.partition("]")
    if not bracket or "[" in inner:
        return None
    account, data = _inner(inner, header)
    _, underscore, stamp = tail.rpartition("_")
    return Message(
        header,
        account or header.account,
        data,
        read_time(stamp) if underscore else None,
        {letter.upper(): value.strip() for letter, value in _EXTENDED.findall(tail)},
    )


def read_time(text: str) -> datetime | None:
    """`HH:MM:SS,MM-DD-YYYY`, which is UTC (§5.5.1.9); None where it is none."""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second, month, day, year = map(int, found.groups())
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def write_time(moment: datetime) -> bytes:
    """`_HH:MM:SS,MM-DD-YYYY`"""
    return moment.astimezone(UTC).strftime("_%H:%M:%S,%m-%d-%Y").encode()


def _text(clear: bytes) -> str:
    """Texts in extended data are Windows-1252 by the standard; some panels send UTF-8."""
    try:
        return clear.decode("utf-8")
    except UnicodeDecodeError:
        return clear.decode("cp1252", "replace")


def _inner(inner: str, header: Header) -> tuple[str, str]:
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
