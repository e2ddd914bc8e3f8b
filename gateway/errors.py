"""Everything Anju raises on purpose, as one small tree.

AnjuError
├── ConfigError         the installer's YAML is wrong; `mistakes` lists every one
├── LinkLost            a device's line is gone; the supervisor reconnects
│   └── LoginRefused    it turned our name or password down; the supervisor takes its time
├── BadInput            bytes that can't be read; kept in quarantine, the line stays up
├── NotRecorded         the commit failed: the device must not be acknowledged
├── CommandFailed       a command was refused, timed out or was never confirmed
└── Refused             a person asked for what may not be done; carries an HTTP status
    ├── NotFound
    ├── NotAllowed
    ├── Conflict
    └── TooMany
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar


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


class LinkLost(AnjuError):
    """The line to a device is gone, or never came up."""


class LoginRefused(LinkLost):
    """The device does not take our name or password.

    Cameras lock an account for half an hour or so after five wrong passwords within some minutes: whoever
    tries again waits LEAVE_ALONE_S at least.
    """

    LEAVE_ALONE_S: ClassVar[float] = 300.0


class BadInput(AnjuError):
    """Bytes from outside that can't be read. `data` goes to quarantine as it came."""

    def __init__(self, why: str, data: bytes) -> None:
        super().__init__(why)
        self.why = why
        self.data = data


class NotRecorded(AnjuError):
    """The signal is not on disk. Do not acknowledge the device; let it send again."""


class CommandFailed(AnjuError):
    """A device did not do what it was told; the message says which, what and why."""


class Refused(AnjuError):
    """A request that is understood and may not be done."""

    status = 400


class NotFound(Refused):
    status = 404


class NotAllowed(Refused):
    status = 403


class Conflict(Refused):
    status = 409


class TooMany(Refused):
    status = 429

    def __init__(self, what: str, retry_after: float) -> None:
        super().__init__(what)
        self.retry_after = retry_after
