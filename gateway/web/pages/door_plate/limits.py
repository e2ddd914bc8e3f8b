"""Limits what a door plate's pages accept from people who are not signed in, by door and by address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from gateway.errors import TooMany
from gateway.limits import RateLimit, Refusal, RefusalLog, network
from gateway.model import Words

_MINUTES, _HOUR, _DAY = timedelta(minutes=10), timedelta(hours=1), timedelta(days=1)
_MIB = 1024 * 1024
SOURCE = "door-plates"
_WHY = {
    "guess": Words("猜门牌码", "guesses door plates' codes"),
    "report": Words("上报太多", "too many reports"),
    "help": Words("求助太多", "too many calls for help"),
    "visit": Words("来访登记太多", "too many announced visits"),
    "register": Words("租客登记太多", "too many registrations"),
    "look": Words("查看住户太多", "too many looks at households"),
}


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """Per door plate and per client address. A whole building may share one address, so it gets more."""

    by_token: RateLimit = field(default_factory=lambda: RateLimit(5, _HOUR))
    by_address: RateLimit = field(default_factory=lambda: RateLimit(20, _HOUR))
    bytes_by_token: RateLimit = field(default_factory=lambda: RateLimit(20 * _MIB, _DAY))
    bytes_by_address: RateLimit = field(default_factory=lambda: RateLimit(60 * _MIB, _DAY))

    def take(self, token: str, address: str, size: int) -> None:
        """Count one report with a photo of `size` bytes. Raises TooMany."""
        address = network(address)
        self.by_token.take(token)
        self.by_address.take(address)
        self.bytes_by_token.take(token, size)
        self.bytes_by_address.take(address, size)


@dataclass(frozen=True, slots=True)
class DoorLimit:
    """How often one thing may be done at a door, and from an address."""

    what: str
    by_token: RateLimit
    by_address: RateLimit

    def take(self, token: str, address: str) -> None:
        """Count one. Raises TooMany."""
        self.by_token.take(token)
        self.by_address.take(network(address))


@dataclass(frozen=True, slots=True)
class PageLimits:
    """What is refused is counted in `refusals`: in the log, in /metrics and in /readyz."""

    refusals: RefusalLog
    report: ReportLimits = field(default_factory=ReportLimits)
    help: DoorLimit = field(default_factory=lambda: DoorLimit("help", RateLimit(3, _MINUTES), RateLimit(10, _HOUR)))
    visit: DoorLimit = field(default_factory=lambda: DoorLimit("visit", RateLimit(6, _HOUR), RateLimit(12, _HOUR)))
    register: DoorLimit = field(default_factory=lambda: DoorLimit("register", RateLimit(3, _DAY), RateLimit(6, _DAY)))
    guesses: RateLimit = field(default_factory=lambda: RateLimit(40, _HOUR))
    looks: RateLimit = field(default_factory=lambda: RateLimit(60, _HOUR))

    def guessed(self, address: str) -> None:
        """Count a token that is none of ours. Raises TooMany for an address that tries many."""
        self._note_if_too_many("guess", address, lambda: self.guesses.take(network(address)))

    def reported(self, token: str, address: str, size: int) -> None:
        """Count a report. Raises TooMany."""
        self._note_if_too_many("report", address, lambda: self.report.take(token, address, size))

    def done(self, limit: DoorLimit, token: str, address: str) -> None:
        """Count a call for help, a visit, a registration. Raises TooMany."""
        self._note_if_too_many(limit.what, address, lambda: limit.take(token, address))

    def looked(self, user: str) -> None:
        """Count a look at a household. Raises TooMany."""
        self._note_if_too_many("look", user, lambda: self.looks.take(user))

    def _note_if_too_many(self, what: str, who: str, take: Callable[[], None]) -> None:
        try:
            take()
        except TooMany:
            self.refusals.note(Refusal(SOURCE, _WHY[what]), by=who)
            raise
