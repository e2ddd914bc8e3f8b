"""Everything Anju raises on purpose, as one small tree.

AnjuError
├── ConfigError         the installer's YAML is wrong; `mistakes` lists every one
├── Told                said to a guard, so in both languages where that can be
│   ├── LinkLost        a device's line is gone; the supervisor reconnects
│   │   └── LoginRefused  it turned our name or password down; the supervisor takes its time
│   └── CommandFailed   a command was refused, timed out or was never confirmed
├── BadInput            bytes that can't be read; kept in quarantine, the line stays up
├── NotRecorded         the commit failed: the device must not be acknowledged
└── Refused             a person asked for what may not be done; carries an HTTP status
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
from gateway.model import Said, Words

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
"""What the system's commonest errors mean to whoever looks after the device."""


class AnjuError(Exception):
    """The root; never raised itself."""


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
    """The configuration can't be used; every mistake is listed, not only the first."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes


class Told(AnjuError):
    """`why` is for the guard: `Words` where its author has both languages. `str()` is the English, for logs."""

    def __init__(self, why: Said = "") -> None:
        self.why = _without_secrets(why)
        super().__init__(str(self.why))


class LinkLost(Told):
    """The line to a device is gone, or never came up."""


class LoginRefused(LinkLost):
    """The device does not take our name or password.

    Cameras lock an account for half an hour or so after five wrong passwords within some minutes: whoever
    tries again waits LEAVE_ALONE_S at least.
    """

    LEAVE_ALONE_S: ClassVar[float] = 300.0


class BadInput(AnjuError):
    """Bytes from outside that can't be read. `data` goes to quarantine as it came.

    `why` is for the installer: `Words` where its author has both languages. `str()` is the English, for logs.
    """

    def __init__(self, why: Said, data: bytes) -> None:
        self.why = _without_secrets(why)
        super().__init__(str(self.why))
        self.data = data


class NotRecorded(AnjuError):
    """The signal is not on disk. Do not acknowledge the device; let it send again."""


class CommandFailed(Told):
    """A device did not do what it was told; the message says which, what and why."""


class Refused(AnjuError):
    """A request that is understood and may not be done."""

    status = 400


class NotFound(Refused):
    status = 404


class NotAllowed(Refused):
    status = 403


class WrongPassword(Refused):
    """A sign-in with a user name or password that is not right; which of the two is never said."""

    status = 401


class Conflict(Refused):
    status = 409


class TooMany(Refused):
    status = 429

    def __init__(self, what: str, retry_after: float) -> None:
        super().__init__(what)
        self.retry_after = retry_after


def why_of(error: Exception) -> Said:
    """What an error says to a guard."""
    match error:
        case Told() if error.why:
            return error.why
        case OSError():
            return Words(f"{trouble_of(error)}，请检查供电和网线", masked(str(error)) or type(error).__name__)
    return masked(str(error)) or type(error).__name__


def _without_secrets(why: Said) -> Said:
    """What is told ends up in the journal, on screens and in logs; a device may echo what it was sent."""
    return Words(masked(why.zh), masked(why.en)) if isinstance(why, Words) else masked(why)


def trouble_of(error: OSError) -> str:
    """In a few Chinese words; they carry no address and no path."""
    return "设备无应答" if isinstance(error, TimeoutError) else _TROUBLES.get(error.errno or 0, "连接故障")
