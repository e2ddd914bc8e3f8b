"""The quotas of everything that comes from outside: how often, how many at once, and who was refused.

`RateLimit` bounds how often, `Seats` how many at the same time, `RefusalLog` counts what was turned away and tells
the log of it once a minute. One of each kind serves sign-in, MQTT, HTTP, alarm receivers and the quarantine.
No I/O; `clock` gives monotonic seconds.
"""

from __future__ import annotations

import ipaddress
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Generic, TypeVar

import structlog

from gateway.errors import TooMany
from gateway.model import Said

log = structlog.get_logger(__name__)
Clock = Callable[[], float]
Holder = TypeVar("Holder", bound=Hashable)
Key = TypeVar("Key", bound=Hashable)
_MOST_KEYS = 20_000
"""Buckets kept at once; the one unused longest goes first."""
TELL_EVERY_S = 60.0
"""How often the log hears of one kind of refusal: a flood of them must not become a flood of lines."""


class RateLimit:
    """`most` at once, and one more every `within / most`, for each key by itself."""

    def __init__(self, most: float, within: timedelta, clock: Clock = time.monotonic) -> None:
        self._most = most
        self._rate = most / within.total_seconds()
        self._clock = clock
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def wait_for(self, key: Hashable, amount: float = 1) -> float:
        """Seconds until so much more fits; 0 when it does. Counts nothing. What is more than `most` never fits."""
        return max(0.0, self._level(key, self._clock()) + amount - self._most) / self._rate

    def admits(self, key: Hashable = None, amount: float = 1) -> bool:
        """Count it if it fits; whether it did."""
        if self.wait_for(key, amount) > 0:
            return False
        self.count(key, amount)
        return True

    def take(self, key: Hashable, amount: float = 1) -> None:
        """Count it, or raise TooMany (and count nothing) when it does not fit."""
        if (wait := self.wait_for(key, amount)) > 0:
            raise TooMany("too many attempts", wait)
        self.count(key, amount)

    def count(self, key: Hashable, amount: float = 1) -> None:
        """Count it, whether it fits or not, up to the brim: what has happened can't be refused any more."""
        now = self._clock()
        self._put(key, min(self._level(key, now) + amount, self._most), now)

    def give_back(self, key: Hashable, amount: float = 1) -> None:
        """That one was none to be counted."""
        now = self._clock()
        self._put(key, max(0.0, self._level(key, now) - amount), now)

    def _level(self, key: Hashable, now: float) -> float:
        level, since = self._buckets.get(key, (0.0, now))
        return max(0.0, level - (now - since) * self._rate)

    def _put(self, key: Hashable, level: float, now: float) -> None:
        self._buckets[key] = (level, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_KEYS:
            self._buckets.popitem(last=False)


class Full(Exception):
    """No room, and nobody who may be asked to leave; `limit` is the one that is reached: "all", or an owner's kind."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class Seats(Generic[Holder]):
    """Who is connected: `most` in all, and for one owner of a kind no more than `each` says of that kind.

    When it is full, the holder longest silent leaves for the newcomer: of that owner, or of the owner (of the first
    kind named) who has the most. One who floods takes from himself. `heard_at` is when a holder was last heard; one
    heard within `quiet` seconds, or in the future, is never asked to leave.
    """

    def __init__(
        self,
        most: int,
        heard_at: Callable[[Holder], float],
        *,
        quiet: float = 0.0,
        clock: Clock = time.monotonic,
        each: Mapping[str, int] | None = None,
    ) -> None:
        self.most = most
        self._each = dict(each or {})
        self._heard_at = heard_at
        self._quiet = quiet
        self._clock = clock
        self._owners: dict[Holder, dict[str, str]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()

    def __len__(self) -> int:
        return len(self._owners)

    def __iter__(self) -> Iterator[Holder]:
        return iter(self._owners)

    def __contains__(self, holder: Holder) -> bool:
        return holder in self._owners

    def take(self, holder: Holder, **owners: str) -> tuple[Holder, str] | None:
        """Sit down. Who has left for it and which limit was reached, if anybody; raises Full, and seats nobody."""
        left = None
        if (limit := self._reached(owners)) is not None:
            leaver = self._leaver(limit, owners)
            self.leave(leaver)
            left = leaver, limit
        self._owners[holder] = owners
        self._counts.update(owners.items())
        return left

    def leave(self, holder: Holder) -> None:
        """Whether or not it had a seat."""
        for owner in self._owners.pop(holder, {}).items():
            self._counts[owner] -= 1
            if not self._counts[owner]:
                del self._counts[owner]

    def _reached(self, owners: Mapping[str, str]) -> str | None:
        for kind, owner in owners.items():
            if kind in self._each and self._counts[kind, owner] >= self._each[kind]:
                return kind
        return "all" if len(self._owners) >= self.most else None

    def _leaver(self, limit: str, owners: Mapping[str, str]) -> Holder:
        kind = next(iter(owners)) if limit == "all" else limit
        if limit == "all":
            shares = Counter(of[kind] for of in self._owners.values())
            greatest = {owner for owner, count in shares.items() if count == max(shares.values())}
        else:
            greatest = {owners[kind]}
        silent = min((each for each, of in self._owners.items() if of[kind] in greatest), key=self._heard_at)
        if self._clock() - self._heard_at(silent) < self._quiet:
            raise Full(limit)
        return silent


def first_of_greatest(keys: Iterable[Key], owner: Callable[[Key], Hashable]) -> Key:
    """Of the owner that has most of them, the first: where keys stand in order of age, the oldest."""
    held = list(keys)
    shares = Counter(map(owner, held))
    return max(held, key=lambda key: shares[owner(key)])


@dataclass(slots=True)
class _Refused:
    times: int = 0
    untold: int = 0
    at: float = 0.0
    told_at: float | None = None
    last: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was turned away at a door. `grave`: somebody must look after it, for a quota is spent.

    Both come from the program or the configuration, never from outside: they are kept for ever.
    """

    door: str
    why: Said
    grave: bool = False


class RefusalLog:
    """What was turned away: counted for ever, and told to the log once a minute each."""

    def __init__(self, clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._refused: dict[Refusal, _Refused] = {}

    def note(self, refusal: Refusal, **last: str) -> None:
        """One more; `last` is for the log: from where, of which account."""
        refused = self._refused.setdefault(refusal, _Refused())
        refused.times += 1
        refused.untold += 1
        refused.at, refused.last = self._clock(), last
        self._tell(refusal, refused)

    def tell(self, *, at_once: bool = False) -> None:
        """Log what came since the log last heard; to be called now and then, and `at_once` at the end."""
        for refusal, refused in self._refused.items():
            if at_once:
                refused.told_at = None
            self._tell(refusal, refused)

    def counts(self) -> Mapping[Refusal, int]:
        """Since the start."""
        return {refusal: refused.times for refusal, refused in self._refused.items()}

    def recent(self, seconds: float = TELL_EVERY_S) -> list[Refusal]:
        """Those of which there was one within so many seconds."""
        since = self._clock() - seconds
        return [refusal for refusal, refused in self._refused.items() if refused.at >= since]

    def _tell(self, refusal: Refusal, refused: _Refused) -> None:
        now = self._clock()
        if refused.untold and (refused.told_at is None or now - refused.told_at >= TELL_EVERY_S):
            log.warning(
                "refused",
                door=refusal.door,
                why=str(refusal.why),
                times=refused.untold,
                since_start=refused.times,
                **refused.last,
            )
            refused.untold, refused.told_at = 0, now


def network(address: str) -> str:
    """Whom an address stands for: itself, or its /64 in IPv6, where one host owns them all."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        mapped = parsed.ipv4_mapped
        return str(mapped) if mapped else str(ipaddress.IPv6Network((parsed, 64), strict=False))
    return str(parsed)
