"""A gate barrier (道闸): relays that open, close and stop it, and what it feels.

It is driven closed only on a look at its sensors that came after the order, never while anything
stands on the loop or touches the edge, and whatever is met on the way down sends it up again.
This is the second line: a polled module sees a car within a cycle, not within milliseconds, so the
loop and the edge belong on the barrier's own controller as well (EN 12453:2017, 5.5.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gateway.errors import CommandFailed
from gateway.model import Words, as_data
from gateway.protocols.contacts.news import FOUND, News
from gateway.protocols.contacts.order import Order
from gateway.protocols.contacts.reasons import AWAY, HELD, REPLACED, TWO_LIMITS, UNSEEN


class Relay(StrEnum):
    OPEN = "open"
    CLOSE = "close"
    STOP = "stop"


class Sense(StrEnum):
    """`loop` and `edge` are active while something stands there; the limits while it stands at them."""

    OPENED = "opened"
    CLOSED = "closed"
    LOOP = "loop"
    EDGE = "edge"


OBSTACLES = {
    Sense.LOOP: Words("地感有车", "something stands on the loop"),
    Sense.EDGE: Words("防砸触边被碰", "the anti-crush edge is touched"),
}
WAYS = {Relay.OPEN: "抬杆", Relay.CLOSE: "落杆", Relay.STOP: "停止"}


@dataclass(frozen=True, slots=True)
class BarrierSpec:
    """`senses` are those it has; `pulse` how long a relay is on, `travel` how long a way may take, in seconds."""

    id: str
    senses: frozenset[Sense]
    stops: bool = False
    pulse: float = 1.0
    travel: float = 15.0
    data: Mapping[str, Any] = field(default_factory=dict)


class Barrier:
    """`going` is where it was sent, until it is there or its time is over."""

    def __init__(self, spec: BarrierSpec) -> None:
        self.spec = spec
        self.going: Relay | None = None
        self.position: Relay | None = None
        self.relays: Mapping[Relay, bool] = {}
        """How they were last seen; empty while they can't be."""
        self._seen: Mapping[Sense, bool] | None = None
        self._asked: Relay | None = None
        self._order: Order | None = None
        self._held = False
        self._until = 0.0
        self._on_since: float | None = None
        self._turned = self._blocked = self._faulted = False
        self._fault_at: Relay | None = None
        self._told_position: Relay | None = None
        self._news: list[News] = []

    @property
    def busy(self) -> bool:
        """Whether it should be looked at as often as can be."""
        return self.going is not None or self._asked is not None

    @property
    def obstacle(self) -> Words | None:
        """Why it must not close."""
        if self._seen is None:
            return UNSEEN
        met = next((sense for sense in OBSTACLES if self._seen.get(sense)), None)
        return OBSTACLES[met] if met else None

    def order(self, order: Order) -> None:
        """Begins at the next look. Raises CommandFailed for what must not be."""
        relay = Relay(order.action)
        if relay is Relay.CLOSE and self._stands_closed:
            order.do()
            return
        if relay is Relay.CLOSE and (met := self.obstacle):
            raise CommandFailed(Words(f"{met.zh}，不能落杆", f"{self.spec.id} is not closed: {met}"))
        if relay is not Relay.OPEN and self._held:
            raise CommandFailed(Words(f"{HELD.zh}，不能{WAYS[relay]}", f"{self.spec.id} is held open"))
        self._replace(order)
        self._asked = relay

    @property
    def _stands_closed(self) -> bool:
        return self.position is Relay.CLOSE and self.going is None and not self._held

    def withdraw(self, order: Order) -> None:
        """Nobody waits for it any more: what has not begun does not begin."""
        if order is self._order:
            self._order = self._asked = None

    def hold(self, held: bool) -> None:
        """Held open, whatever is ordered; free again it stays where it is."""
        if held and not self._held:
            self._replace(None, HELD)
            self._asked = Relay.OPEN
        self._held = held

    def see(self, senses: Mapping[Sense, bool], relays: Mapping[Relay, bool], now: float) -> None:
        """One look at all it has: its sensors and how its relays stand."""
        self._seen, self.relays = senses, relays
        self._place()
        if self.going and self._on_since is None and relays.get(self.going):
            self._on_since = now
        self._yield_to_obstacles(now)
        if self._asked:
            self._go(self._asked, now)
            self._asked = None
        if self._held and self.position is not Relay.OPEN and self.going is None and now >= self._until:
            self._go(Relay.OPEN, now)
        self._arrive(now)
        self._mend()

    def forget(self) -> None:
        """Its module does not answer: nothing is driven, and nothing is known."""
        self._seen = self.position = None
        self.relays = {}
        self._stand()
        self._asked = None
        self._replace(None, AWAY)

    def tick(self, now: float) -> None:
        """Time passes: a way that takes too long is a fault."""
        if self.going and now >= self._until:
            going = self.going
            self._stand()
            if going is not Relay.STOP:
                seconds = f"{self.spec.travel:g}"
                zh = f"{WAYS[going]}后{seconds}秒仍未到位，请到现场查看"
                self._fault(Words(zh, f"it was sent to {going} and was not there within {seconds} s"))

    def drives(self, now: float) -> Mapping[Relay, bool]:
        """How its relays are to be."""
        on = None if self._pulsed(now) else self.going
        if on is Relay.CLOSE and (self.obstacle or self._held):
            on = None
        return {relay: relay is on for relay in Relay if self.spec.stops or relay is not Relay.STOP}

    def next_at(self) -> float | None:
        """When time alone will want something of it."""
        if self.going is None:
            return None
        if self._on_since is None or not self.relays.get(self.going):
            return self._until
        return min(self._until, self._on_since + self.spec.pulse)

    def news(self) -> Iterator[News]:
        """What is to be told of it, once."""
        yield from self._news
        self._news.clear()

    def _place(self) -> None:
        assert self._seen is not None
        opened, closed = self._seen.get(Sense.OPENED), self._seen.get(Sense.CLOSED)
        if opened and closed:
            self._fault(TWO_LIMITS)
            self.position = None
        elif opened or (opened is None and closed is False):
            self.position = Relay.OPEN
        elif closed or (closed is None and opened is False):
            self.position = Relay.CLOSE
        else:
            self.position = None
        if self.position and self.position is not self._told_position:
            first, self._told_position = self._told_position is None, self.position
            if not first or self.position is Relay.OPEN:
                kind = "barrier.opened" if self.position is Relay.OPEN else "barrier.closed"
                self._tell(kind, FOUND if first else {})

    def _yield_to_obstacles(self, now: float) -> None:
        assert self._seen is not None
        met = self.obstacle
        if met is None:
            if self._blocked:
                self._blocked = False
                self._tell("barrier.cleared")
        elif self.going is Relay.CLOSE or self._asked is Relay.CLOSE:
            moving = self.going is Relay.CLOSE
            self._replace(None, Words(f"{met.zh}，已重新抬杆", f"{met}: it was opened again") if moving else met)
            self._asked = None
            if moving:
                self._blocked = True
                sense = next(sense for sense in OBSTACLES if self._seen.get(sense))
                self._tell("barrier.blocked", {"sense": sense.value, "why": as_data(met)})
                self._go(Relay.OPEN, now)

    def _go(self, relay: Relay, now: float) -> None:
        """Turned on its way it may still stand at the limit it left, and must hear of it all the same."""
        self._turned = self.going is not None and self.going is not relay
        self.going, self._on_since = relay, None
        self._until = now + self.spec.travel

    def _stand(self) -> None:
        self.going = self._on_since = None

    def _pulsed(self, now: float) -> bool:
        return self._on_since is not None and now - self._on_since >= self.spec.pulse

    def _arrive(self, now: float) -> None:
        """There by its limit; without one, once its relay was seen to be on for its pulse."""
        if self.going is None:
            return
        limit = {Relay.OPEN: Sense.OPENED, Relay.CLOSE: Sense.CLOSED}.get(self.going)
        feels = limit in self.spec.senses
        if (self.position is self.going and not self._turned) if feels else self._pulsed(now):
            self._stand()
            self._until = now if feels else self._until
            self._fault_at = None
            if self._order:
                self._order.do()
                self._order = None
        elif feels and self._turned and self._pulsed(now):
            self._turned = False

    def _fault(self, why: Words) -> None:
        self._replace(None, why)
        if not self._faulted:
            self._faulted, self._fault_at = True, self.position
            self._tell("device.faulted", {"why": as_data(why)})

    def _mend(self) -> None:
        """It stands where it did not when it failed."""
        if self._faulted and self.position is not None and self.position is not self._fault_at:
            self._faulted = False
            self._tell("device.restored")

    def _replace(self, order: Order | None, why: Words = REPLACED) -> None:
        if self._order:
            self._order.fail(why)
        self._order = order

    def _tell(self, kind: str, data: Mapping[str, Any] | None = None) -> None:
        self._news.append(News(self.spec.id, kind, {**self.spec.data, **(data or {})}))
