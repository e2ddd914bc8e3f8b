"""The state of everything on one line: takes what was read of its units and returns what to write to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.errors import CommandFailed
from gateway.model import Words
from gateway.protocols.contacts.barrier import Barrier
from gateway.protocols.contacts.barrier_spec import BarrierRelay
from gateway.protocols.contacts.changes import DeviceChange
from gateway.protocols.contacts.contact import Contact
from gateway.protocols.contacts.interlock import Interlock
from gateway.protocols.contacts.output import Output, OutputSpec
from gateway.protocols.contacts.pending_command import PendingCommand
from gateway.protocols.contacts.wiring import BarrierWiring, CoilWrite, Point, Wiring

PULSE_ACTIONS = frozenset({"pulse", "unlock"})


@dataclass(slots=True)
class _UnitDevices:
    contacts: dict[Point, Contact] = field(default_factory=dict)
    outputs: dict[Point, Output] = field(default_factory=dict)
    barriers: list[tuple[BarrierWiring, Barrier]] = field(default_factory=list)


class IoController:
    """Times are seconds of one monotonic clock. `unfinished` is what `unfinished()` returned when the gateway ended."""

    def __init__(self, wiring: Wiring, unfinished: Collection[str] = ()) -> None:
        self._units: dict[int, _UnitDevices] = {}
        for at, contact in wiring.contacts:
            self._unit(at.unit).contacts[at] = Contact(contact)
        for at, output in wiring.outputs:
            self._unit(at.unit).outputs[at] = Output(output)
        for wired in wiring.barriers:
            self._unit(wired.relays[BarrierRelay.OPEN].unit).barriers.append((wired, Barrier(wired.spec)))
        self._contacts = {c.spec.id: c for unit in self._units.values() for c in unit.contacts.values()}
        self._outputs = {o.spec.id: (at, o) for unit in self._units.values() for at, o in unit.outputs.items()}
        self._barriers = {w.spec.id: (w, b) for unit in self._units.values() for w, b in unit.barriers}
        self._interlocks = {spec.id: Interlock(spec) for spec in wiring.interlocks}
        causes = {cause for spec in wiring.interlocks for cause in spec.causes}
        self._causes = [contact for contact in self._contacts.values() if contact.spec.id in causes]
        self._offline: set[int] = set(self._units)
        self._restore(unfinished)

    def update(self, unit: int, read: Mapping[Point, bool], now: float) -> None:
        """Take what was read of a unit. Devices with points that were not read become unknown."""
        self._offline.discard(unit)
        devices = self._unit(unit)
        for at, contact in devices.contacts.items():
            if at in read:
                contact.update(read[at], now)
            else:
                contact.set_unknown()
        for at, output in devices.outputs.items():
            if at in read:
                output.update(read[at], now)
            else:
                output.set_unknown()
        # Before the barriers: one that is now held open must not act on an earlier command to close.
        self._apply_interlocks()
        for wired, barrier in devices.barriers:
            if not read.keys() >= {*wired.sensors.values(), *wired.relays.values()}:
                barrier.set_unknown()
                continue
            sensors = {sensor: read[at] != (sensor in wired.normally_closed) for sensor, at in wired.sensors.items()}
            barrier.update(sensors, {relay: read[at] for relay, at in wired.relays.items()}, now)

    def unfinished(self) -> frozenset[str]:
        """Engaged interlocks, and outputs that must return to normal: this must survive a restart of the gateway."""
        engaged = {device for device, interlock in self._interlocks.items() if interlock.engaged}
        return frozenset(engaged | {device for device, (_, output) in self._outputs.items() if output.must_return})

    def unit_lost(self, unit: int) -> None:
        """A unit does not answer: the state of its devices is unknown."""
        self._offline.add(unit)
        devices = self._unit(unit)
        for contact in devices.contacts.values():
            contact.set_unknown()
        for output in devices.outputs.values():
            output.set_unknown()
        for _, barrier in devices.barriers:
            barrier.set_unknown()
        self._apply_interlocks()

    def pending_writes(self, now: float) -> list[CoilWrite]:
        """Coils whose state differs from the target. Off before on: a barrier never gets two directions at once."""
        for _, output in self._outputs.values():
            output.tick(now)
        for _, barrier in self._barriers.values():
            barrier.tick(now)
        writes = [*self._output_writes(), *self._barrier_writes(now)]
        # False sorts before True.
        return sorted(writes, key=lambda write: write.on)

    def start(self, device: str, action: str, arguments: Mapping[str, Any]) -> PendingCommand:
        """Take a command. Raises CommandFailed for one that is not allowed or not possible."""
        command = PendingCommand(device, action)
        if device in self._interlocks:
            self._interlocks[device].reset()
            self._apply_interlocks()
            command.succeed()
            return command
        # First: the reason "held by fire linkage" helps more than "module does not answer".
        self._check_interlocks(device, action)
        if device in self._outputs:
            at, output = self._outputs[device]
            self._check_online(at.unit, device)
            seconds = _pulse_seconds(arguments, output.spec) if action in PULSE_ACTIONS else None
            # A pulse goes to the opposite of normal, whichever that is.
            state = action == "on" if action in {"on", "off"} else not output.spec.normal
            output.start(command, state, seconds)
        else:
            wired, barrier = self._barriers[device]
            self._check_online(wired.relays[BarrierRelay.OPEN].unit, device)
            barrier.start(command)
        return command

    def cancel(self, command: PendingCommand) -> None:
        """The caller no longer waits for it."""
        if command.device in self._outputs:
            self._outputs[command.device][1].cancel(command)
        elif command.device in self._barriers:
            self._barriers[command.device][1].cancel(command)

    def busy_units(self) -> set[int]:
        """Units to poll as often as possible: one of their barriers moves, or a command waits for confirmation."""
        busy = {wired.relays[BarrierRelay.OPEN].unit for wired, barrier in self._barriers.values() if barrier.busy}
        return busy | {at.unit for at, output in self._outputs.values() if output.has_command}

    def next_at(self) -> float | None:
        """When the next timer of any device expires."""
        times = [output.next_at() for _, output in self._outputs.values()]
        times += [barrier.next_at() for _, barrier in self._barriers.values()]
        return min((at for at in times if at is not None), default=None)

    def take_changes(self, unit: int, now: float) -> Iterator[DeviceChange]:
        """The changes of a unit's devices to report, each once."""
        devices = self._unit(unit)
        for contact in devices.contacts.values():
            if change := contact.take_change():
                yield change
        for output in devices.outputs.values():
            yield from output.take_changes(now)
        for _, barrier in devices.barriers:
            yield from barrier.take_changes()

    def _restore(self, unfinished: Collection[str]) -> None:
        for device in unfinished:
            if device in self._outputs:
                self._outputs[device][1].restore()
            elif device in self._interlocks:
                self._interlocks[device].restore()
        self._apply_interlocks()

    def _apply_interlocks(self) -> None:
        """Hold what engaged interlocks hold, and release the rest."""
        active = {contact.spec.id: contact.active for contact in self._causes}
        held: dict[str, bool] = {}
        for interlock in self._interlocks.values():
            # Several interlocks may hold the same device; settings guarantee that they agree on its state.
            interlock.update(active)
            if interlock.engaged:
                held |= interlock.spec.hold
        for device, (_, output) in self._outputs.items():
            output.hold(held.get(device))
        for device, (_, barrier) in self._barriers.items():
            barrier.hold(device in held)

    def _check_interlocks(self, device: str, action: str) -> None:
        """Raises CommandFailed for a command against the state in which an interlock holds the device."""
        for interlock in self._interlocks.values():
            if interlock.engaged and device in interlock.spec.hold:
                on = "on" if interlock.spec.hold[device] else "off"
                state = "open" if device in self._barriers else on
                if action != state:
                    why = interlock.reason(device, state)
                    raise CommandFailed(Words(why.zh, f"{action} is refused: {why}"))

    def _check_online(self, unit: int, device: str) -> None:
        if unit in self._offline:
            en = f"{device} can't be reached: unit {unit} does not answer"
            raise CommandFailed(Words("所在模块无应答，请通知安装员", en))

    def _output_writes(self) -> Iterator[CoilWrite]:
        for at, output in self._outputs.values():
            if (on := output.state_to_write()) is not None:
                yield CoilWrite(at, on)

    def _barrier_writes(self, now: float) -> Iterator[CoilWrite]:
        for wired, barrier in self._barriers.values():
            current = barrier.relays
            for relay, on in barrier.target_relays(now).items():
                if relay in current and current[relay] != on:
                    yield CoilWrite(wired.relays[relay], on)

    def _unit(self, unit: int) -> _UnitDevices:
        return self._units.setdefault(unit, _UnitDevices())


def _pulse_seconds(arguments: Mapping[str, Any], spec: OutputSpec) -> float:
    seconds = arguments.get("seconds", spec.pulse)
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 < seconds <= spec.max_pulse:
        en = f"a pulse needs seconds: more than 0, at most {spec.max_pulse:g}, and got {seconds!r}"
        raise CommandFailed(Words(f"秒数要大于0，最多{spec.max_pulse:g}秒", en))
    return float(seconds)
