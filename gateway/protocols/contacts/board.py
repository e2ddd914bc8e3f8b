"""All that hangs on one line: what was read of its units goes in, what is to be written to them comes out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.barrier import Barrier, BarrierSpec, Relay, Sense
from gateway.protocols.contacts.contact import Contact, ContactSpec
from gateway.protocols.contacts.interlock import Interlock, InterlockSpec
from gateway.protocols.contacts.news import News
from gateway.protocols.contacts.order import Order
from gateway.protocols.contacts.output import Output, OutputSpec

PULSES = frozenset({"pulse", "unlock"})


class Point(NamedTuple):
    """One bit of one unit: `table` is its kind of register, `bit` its place in a register of 16, else 0."""

    unit: int
    table: str
    number: int
    bit: int = 0


class Drive(NamedTuple):
    """An output's point, and what it is to be."""

    point: Point
    on: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """A barrier on the unit that has all its points; a sense of `normally_closed` is active when its bit is 0."""

    spec: BarrierSpec
    relays: Mapping[Relay, Point]
    senses: Mapping[Sense, Point]
    normally_closed: frozenset[Sense] = frozenset()


@dataclass(frozen=True, slots=True)
class Wiring:
    """What hangs where."""

    contacts: Sequence[tuple[Point, ContactSpec]] = ()
    outputs: Sequence[tuple[Point, OutputSpec]] = ()
    gates: Sequence[Gate] = ()
    interlocks: Sequence[InterlockSpec] = ()


@dataclass(slots=True)
class _Device:
    contacts: dict[Point, Contact] = field(default_factory=dict)
    outputs: dict[Point, Output] = field(default_factory=dict)
    gates: list[tuple[Gate, Barrier]] = field(default_factory=list)


class Board:
    """Times are seconds of one monotonic clock. `owed`: what it left unfinished when the gateway ended."""

    def __init__(self, wiring: Wiring, owed: Collection[str] = ()) -> None:
        self._units: dict[int, _Device] = {}
        for at, contact in wiring.contacts:
            self._unit(at.unit).contacts[at] = Contact(contact)
        for at, output in wiring.outputs:
            self._unit(at.unit).outputs[at] = Output(output)
        for gate in wiring.gates:
            self._unit(gate.relays[Relay.OPEN].unit).gates.append((gate, Barrier(gate.spec)))
        self._contacts = {c.spec.id: c for unit in self._units.values() for c in unit.contacts.values()}
        self._outputs = {o.spec.id: (at, o) for unit in self._units.values() for at, o in unit.outputs.items()}
        self._barriers = {g.spec.id: (g, b) for unit in self._units.values() for g, b in unit.gates}
        self._interlocks = {spec.id: Interlock(spec) for spec in wiring.interlocks}
        causes = {cause for spec in wiring.interlocks for cause in spec.causes}
        self._causes = [contact for contact in self._contacts.values() if contact.spec.id in causes]
        self._away: set[int] = set(self._units)
        self._recall(owed)

    def see(self, unit: int, read: Mapping[Point, bool], now: float) -> None:
        """One look at a unit. Of points that it does not have nothing is known, nor of what hangs on them."""
        self._away.discard(unit)
        device = self._unit(unit)
        for at, contact in device.contacts.items():
            if at in read:
                contact.see(read[at], now)
            else:
                contact.forget()
        for at, output in device.outputs.items():
            if at in read:
                output.see(read[at], now)
            else:
                output.forget()
        self._link()
        for gate, barrier in device.gates:
            if not read.keys() >= {*gate.senses.values(), *gate.relays.values()}:
                barrier.forget()
                continue
            senses = {sense: read[at] != (sense in gate.normally_closed) for sense, at in gate.senses.items()}
            barrier.see(senses, {relay: read[at] for relay, at in gate.relays.items()}, now)

    def owed(self) -> frozenset[str]:
        """Interlocks that hold, and outputs that are to go back to their rest: what must outlive the gateway."""
        engaged = {device for device, interlock in self._interlocks.items() if interlock.engaged}
        return frozenset(engaged | {device for device, (_, output) in self._outputs.items() if output.owes_rest})

    def lose(self, unit: int) -> None:
        """A unit does not answer: nothing is known of what hangs on it."""
        self._away.add(unit)
        device = self._unit(unit)
        for contact in device.contacts.values():
            contact.forget()
        for output in device.outputs.values():
            output.forget()
        for _, barrier in device.gates:
            barrier.forget()
        self._link()

    def drives(self, now: float) -> list[Drive]:
        """What differs from what it is to be; off before on, as no barrier is told two ways at once."""
        for _, output in self._outputs.values():
            output.tick(now)
        for _, barrier in self._barriers.values():
            barrier.tick(now)
        wanted = [*self._outputs_to_drive(), *self._relays_to_drive(now)]
        return sorted(wanted, key=lambda each: each.on)

    def order(self, device: str, action: str, arguments: Mapping[str, Any]) -> Order:
        """Take a command. Raises CommandFailed for one that must not or can't be done."""
        order = Order(device, action)
        if device in self._interlocks:
            self._interlocks[device].reset()
            self._link()
            order.do()
            return order
        self._refuse(device, action)
        if device in self._outputs:
            at, output = self._outputs[device]
            self._reachable(at.unit, device)
            seconds = _seconds(arguments, output.spec) if action in PULSES else None
            state = action == "on" if action in {"on", "off"} else not output.spec.rest
            output.order(order, state, seconds)
        else:
            gate, barrier = self._barriers[device]
            self._reachable(gate.relays[Relay.OPEN].unit, device)
            barrier.order(order)
        return order

    def withdraw(self, order: Order) -> None:
        """Nobody waits for it any more."""
        if order.device in self._outputs:
            self._outputs[order.device][1].withdraw(order)
        elif order.device in self._barriers:
            self._barriers[order.device][1].withdraw(order)

    def busy(self) -> set[int]:
        """Units to look at as often as can be: a barrier of theirs moves, or an order waits to be confirmed."""
        busy = {gate.relays[Relay.OPEN].unit for gate, barrier in self._barriers.values() if barrier.busy}
        return busy | {at.unit for at, output in self._outputs.values() if output.awaited}

    def next_at(self) -> float | None:
        """When time alone will want something driven."""
        times = [output.next_at() for _, output in self._outputs.values()]
        times += [barrier.next_at() for _, barrier in self._barriers.values()]
        return min((at for at in times if at is not None), default=None)

    def news(self, unit: int, now: float) -> Iterator[News]:
        """What is to be told of a unit's devices, each once: taking it is telling it."""
        device = self._unit(unit)
        for contact in device.contacts.values():
            if told := contact.news():
                yield told
        for output in device.outputs.values():
            yield from output.news(now)
        for _, barrier in device.gates:
            yield from barrier.news()

    def _recall(self, owed: Collection[str]) -> None:
        for device in owed:
            if device in self._outputs:
                self._outputs[device][1].recall()
            elif device in self._interlocks:
                self._interlocks[device].recall()
        self._link()

    def _link(self) -> None:
        """Hold what the interlocks say, and let go of the rest."""
        active = {contact.spec.id: contact.active for contact in self._causes}
        held: dict[str, bool] = {}
        for interlock in self._interlocks.values():
            interlock.see(active)
            if interlock.engaged:
                held |= interlock.spec.hold
        for device, (_, output) in self._outputs.items():
            output.hold(held.get(device))
        for device, (_, barrier) in self._barriers.items():
            barrier.hold(device in held)

    def _refuse(self, device: str, action: str) -> None:
        for interlock in self._interlocks.values():
            if interlock.engaged and device in interlock.spec.hold:
                on = "on" if interlock.spec.hold[device] else "off"
                state = "open" if device in self._barriers else on
                if action != state:
                    why = interlock.reason(device, state)
                    raise CommandFailed(Words(why.zh, f"{action} is refused: {why}"))

    def _reachable(self, unit: int, device: str) -> None:
        if unit in self._away:
            en = f"{device} can't be reached: unit {unit} does not answer"
            raise CommandFailed(Words("所在模块无应答，请通知安装员", en))

    def _outputs_to_drive(self) -> Iterator[Drive]:
        for at, output in self._outputs.values():
            if (on := output.wants()) is not None:
                yield Drive(at, on)

    def _relays_to_drive(self, now: float) -> Iterator[Drive]:
        for gate, barrier in self._barriers.values():
            stands = barrier.relays
            for relay, on in barrier.drives(now).items():
                if relay in stands and stands[relay] != on:
                    yield Drive(gate.relays[relay], on)

    def _unit(self, unit: int) -> _Device:
        return self._units.setdefault(unit, _Device())


def _seconds(arguments: Mapping[str, Any], spec: OutputSpec) -> float:
    seconds = arguments.get("seconds", spec.pulse)
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 < seconds <= spec.longest_pulse:
        en = f"a pulse needs seconds: more than 0, at most {spec.longest_pulse:g}, and got {seconds!r}"
        raise CommandFailed(Words(f"秒数要大于0，最多{spec.longest_pulse:g}秒", en))
    return float(seconds)
