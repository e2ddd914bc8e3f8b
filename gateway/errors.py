"""All errors that Anju raises on purpose, as one small tree.

AnjuError
├── ConfigError         the installer's YAML is wrong; `mistakes` lists every one
├── DeviceError         shown to a guard, so in both languages where possible
│   ├── LinkLost        the line to a device is lost; the supervisor reconnects
│   │   └── LoginRefused  the device refused our name or password; the supervisor waits for minutes
│   └── CommandFailed   a command was refused, timed out or was never confirmed
├── BadInput            bytes that can't be read; kept in quarantine, the connection stays open
├── NotRecorded         the commit failed: the device must not be acknowledged
└── Refused             a person's request that can't be carried out; has an HTTP status
    ├── NotFound
    ├── NotAllowed
    ├── WrongPassword
    ├── Conflict
    └── TooMany
"""

from __future__ import annotations

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from gateway.masking import masked
from gateway.model import Text, Words

_TROUBLES = {
    errno.ECONNREFUSED: "设备拒绝连接",
    errno.ECONNRESET: "连接被对方断开",
    errno.EPIPE: "连接被对方断开",
    errno.ECONNABORTED: "连接中断",
    errno.ETIMEDOUT: "设备无应答",
    errno.EHOSTUNREACH: "网络不通",
    errno.EHOSTDOWN: "网络不通",
    errno.ENETUNREACH: "网络不通",
    errno.ENETDOWN: "网络不通",
}
"""The most common system errors, in words for whoever looks after the device."""


class AnjuError(Exception):
    """The root of the tree; never raised itself."""


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One thing wrong in a file, and how to mend it."""

    file: Path
    line: int
    what: str
    mend: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}, {self.mend}"


class ConfigError(AnjuError):
    """The configuration has mistakes; `mistakes` lists all of them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class DeviceError(AnjuError):
    """An error for the guard. `why` is `Words` where both languages are known; `str()` is the English, for logs."""

    def __init__(self, why: Text = "") -> None:
        self.why = _without_secrets(why)
        super().__init__(str(self.why))


class LinkLost(DeviceError):
    """The line to a device is lost, or could not be opened."""


class LoginRefused(LinkLost):
    """The device refused our name or password.

    Cameras lock an account for about half an hour after five wrong passwords within minutes, so wait at least
    LEAVE_ALONE_S before the next attempt.
    """

    LEAVE_ALONE_S: ClassVar[float] = 300.0


class BadInput(AnjuError):
    """Bytes from a device that can't be read. `data` goes to quarantine unchanged.

    `why` is for the installer: `Words` where it is known in both languages. `str()` is the English, for logs.
    """

    def __init__(self, why: Text, data: bytes) -> None:
        self.why = _without_secrets(why)
        super().__init__(str(self.why))
        self.data = data


class NotRecorded(AnjuError):
    """The signal is not on disk. Do not acknowledge the device; let it send again."""


class CommandFailed(DeviceError):
    """A device did not carry out a command; the message says which device, which command and why."""


class Refused(AnjuError):
    """A request that is understood and can't be carried out. `status` is the HTTP status of the answer."""

    status = 400


class NotFound(Refused):
    """What the request names does not exist."""

    status = 404


class NotAllowed(Refused):
    """The role of whoever asks does not allow it."""

    status = 403


class WrongPassword(Refused):
    """A sign-in with a user name or password that is not right; which of the two is never said."""

    status = 401


class Conflict(Refused):
    """The current state does not allow it."""

    status = 409


class TooMany(Refused):
    """Too many requests; `retry_after` is in seconds."""

    status = 429

    def __init__(self, what: str, retry_after: float) -> None:
        super().__init__(what)
        self.retry_after = retry_after


def why_of(error: Exception) -> Text:
    """The text of an error for a guard."""
    match error:
        case DeviceError() if error.why:
            return error.why
        case OSError():
            return Words(f"{trouble_of(error)}，请检查供电和网线", masked(str(error)) or type(error).__name__)
    return masked(str(error)) or type(error).__name__


def _without_secrets(why: Text) -> Text:
    """Mask credentials: the text goes to the journal, screens and logs, and a device may echo what it was sent."""
    return Words(masked(why.zh), masked(why.en)) if isinstance(why, Words) else masked(why)


def trouble_of(error: OSError) -> str:
    """The error in a few Chinese words, without an address or a path."""
    return "设备无应答" if isinstance(error, TimeoutError) else _TROUBLES.get(error.errno or 0, "连接故障")
