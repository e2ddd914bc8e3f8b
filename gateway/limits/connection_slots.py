"""How many may be connected at the same time, in all and for one account or address."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

Holder = TypeVar("Holder", bound=Hashable)
Key = TypeVar("Key", bound=Hashable)
Clock = Callable[[], float]


class NoSlotFree(Exception):
    """Every slot is taken and no holder may be evicted.

    `limit` is the one that is reached: "all", or a kind of owner such as "account".
    """

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class ConnectionSlots(Generic[Holder]):
    """Holds at most `max_slots` connections, and for one owner of a kind at most `max_per_owner[kind]`.

    When a limit is reached, the newcomer takes the slot of the holder that was silent longest: of the same owner, or,
    when all slots are taken, of the owner (of the first kind named) that holds most. So whoever floods evicts only
    its own connections. `heard_at` gives the time a holder was last heard; one heard within `quiet` seconds, or in
    the future (`math.inf`), is never evicted.
    """

    def __init__(
        self,
        max_slots: int,
        heard_at: Callable[[Holder], float],
        *,
        quiet: float = 0.0,
        clock: Clock = time.monotonic,
        max_per_owner: Mapping[str, int] | None = None,
    ) -> None:
        self.max_slots = max_slots
        self._max_per_owner = dict(max_per_owner or {})
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
        """Give `holder` a slot. Returns the holder that was evicted for it, if any, and the limit that was reached.

        Raises NoSlotFree, and changes nothing, when nobody may be evicted.
        """
        evicted = None
        if (limit := self._reached(owners)) is not None:
            evictee = self._evictee(limit, owners)
            self.release(evictee)
            evicted = evictee, limit
        self._owners[holder] = owners
        self._counts.update(owners.items())
        return evicted

    def release(self, holder: Holder) -> None:
        """Free the slot of `holder`; does nothing if it has none."""
        for owner in self._owners.pop(holder, {}).items():
            self._counts[owner] -= 1
            if not self._counts[owner]:  # else the counter would grow with every address that ever connected
                del self._counts[owner]

    def _reached(self, owners: Mapping[str, str]) -> str | None:
        for kind, owner in owners.items():
            if kind in self._max_per_owner and self._counts[kind, owner] >= self._max_per_owner[kind]:
                return kind
        return "all" if len(self._owners) >= self.max_slots else None

    def _evictee(self, limit: str, owners: Mapping[str, str]) -> Holder:
        # Where all slots are taken, the largest owner gives way, whoever the newcomer is.
        kind = next(iter(owners)) if limit == "all" else limit
        if limit == "all":
            shares = Counter(of[kind] for of in self._owners.values())
            candidates = {owner for owner, count in shares.items() if count == max(shares.values())}
        else:
            candidates = {owners[kind]}
        silent = min((each for each, of in self._owners.items() if of[kind] in candidates), key=self._heard_at)
        if self._clock() - self._heard_at(silent) < self._quiet:
            raise NoSlotFree(limit)
        return silent


def first_of_largest(keys: Iterable[Key], owner: Callable[[Key], Hashable]) -> Key:
    """The first key of the owner that has most of them: the oldest one, where the keys are in order of age."""
    held = list(keys)
    shares = Counter(map(owner, held))
    return max(held, key=lambda key: shares[owner(key)])
