"""One output (siren, light, strike): what it should be, until the module says that it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.model import Words, as_data
from gateway.protocols.contacts.news import FOUND, News
from gateway.protocols.contacts.order import Order
from gateway.protocols.contacts.reasons import AWAY, REPLACED

PATIENCE_S = 5.0
"""How long an output may differ from what it is held in, or should be back to, before that is a fault."""

LONGEST_PULSE_S = 3600.0


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """`rest` is what it is when nobody wants anything of it; `longest` how many seconds it may be away from
    that; `pulse` how many a pulse lasts that does not say.
    """

    id: str
    rest: bool = False
    longest: float | None = None
    pulse: float = 3.0
    on: str | None = None
    off: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    @property
    def longest_pulse(self) -> float:
        return self.longest if self.longest is not None else LONGEST_PULSE_S


class Output:
    """`seen` is what the module last said; None while it says nothing."""

    def __init__(self, spec: OutputSpec) -> None:
        self.spec = spec
        self.seen: bool | None = None
        self._held: bool | None = None
        self._wanted: bool | None = None
        self._order: Order | None = None
        self._away_for: float | None = None
        self._back_at: float | None = None
        self._told: bool | None = None
        self._amiss_since: float | None = None
        self._faulted = False
        self.owes_rest = False
        """A pulse of it may have begun: it is to be brought back to its rest, after a restart of the gateway too."""

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for its confirmation."""
        return self._order is not None

    def order(self, order: Order, state: bool, seconds: float | None) -> None:
        """Take a newer order in place of an older one; after `seconds` it goes back to its rest."""
        self._replace(order)
        self._wanted = state
        self._away_for, self._back_at = seconds, None
        self.owes_rest = seconds is not None

    def recall(self) -> None:
        """It owed its rest when the gateway ended."""
        self._wanted, self.owes_rest = self.spec.rest, True

    def withdraw(self, order: Order) -> None:
        """Nobody waits for it any more: it is not done late, and what may have begun is ended."""
        if order is self._order:
            self._wanted = self.spec.rest if self._away_for is not None else None
            self._order = self._away_for = None

    def hold(self, state: bool | None) -> None:
        """Held in a state whatever is ordered; free again (None) it goes to its rest."""
        if state == self._held:
            return
        self._replace(None)
        self._wanted = self.spec.rest if state is None else None
        self._held, self._away_for, self._back_at = state, None, None

    def see(self, on: bool, now: float) -> None:
        """What the module says it is."""
        self.seen = on
        if on == self._wanted:
            self._settle(now)
        if on == self.spec.rest:
            self._back_at = None
            self.owes_rest = self.owes_rest and self._wanted is not None
        elif self._back_at is None and self.spec.longest is not None:
            self._back_at = now + self.spec.longest  # somebody else switched it, or we did before a restart

    def forget(self) -> None:
        """The module does not answer."""
        self.seen = None
        if self._order:
            self._order.fail(AWAY)
            self.withdraw(self._order)

    def tick(self, now: float) -> None:
        """Time passes: what was away for its time is wanted back."""
        if self._back_at is not None and now >= self._back_at and self._held is None:
            self._wanted, self._back_at, self._away_for = self.spec.rest, None, None
        if self.wants() is None or self._order is not None:
            self._amiss_since = None
        elif self._amiss_since is None:
            self._amiss_since = now

    def next_at(self) -> float | None:
        """When time alone will want something of it."""
        return self._back_at if self._held is None else None

    def wants(self) -> bool | None:
        """What is to be written now; None: nothing, or nobody there to write to."""
        wanted = self._wanted if self._held is None else self._held
        return None if self.seen is None or wanted == self.seen else wanted

    def news(self, now: float) -> Iterator[News]:
        """What is to be told of it, once."""
        if self.seen is not None and self.seen != self._told:
            first, self._told = self._told is None, self.seen
            kind = self.spec.on if self.seen else self.spec.off
            if kind is not None and not (first and self.seen == self.spec.rest):
                yield News(self.spec.id, kind, {**self.spec.data, **(FOUND if first else {})})
        yield from self._faults(now)

    def _faults(self, now: float) -> Iterator[News]:
        amiss = self._amiss_since is not None and now - self._amiss_since >= PATIENCE_S
        if amiss and not self._faulted:
            self._faulted = True
            zh, en = ("接通", "on") if self.wants() else ("断开", "off")
            why = Words(f"应{zh}而未{zh}，请通知安装员", f"it should be {en} and its module says that it is not")
            yield News(self.spec.id, "device.faulted", {**self.spec.data, "why": as_data(why)})
        elif self._faulted and self.seen is not None and self.wants() is None:
            self._faulted = False
            yield News(self.spec.id, "device.restored", {**self.spec.data})

    def _settle(self, now: float) -> None:
        self._wanted = None
        times = [seconds for seconds in (self._away_for, self.spec.longest) if seconds is not None]
        if times and self.seen != self.spec.rest:
            self._back_at = now + min(times)
        self._away_for = None
        if self._order:
            self._order.do()
            self._order = None

    def _replace(self, order: Order | None) -> None:
        if self._order:
            self._order.fail(REPLACED)
        self._order = order
