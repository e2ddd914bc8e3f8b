"""From the YAML of a line to what is read of each unit, and to what its bits mean."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gateway.driver import Part
from gateway.model import DeviceType
from gateway.protocols.contacts.barrier import BarrierSpec, Relay, Sense
from gateway.protocols.contacts.board import Gate, Point, Wiring
from gateway.protocols.contacts.contact import ContactSpec
from gateway.protocols.contacts.interlock import InterlockSpec
from gateway.protocols.contacts.output import OutputSpec
from gateway.protocols.modbus.pieces import Pieces
from gateway.protocols.modbus.request import Read, Table
from gateway.protocols.modbus.rows import BarrierRow, Input, InterlockRow, Output, Sensor, Unit
from gateway.protocols.modbus.settings import ModbusIoSettings

SWITCH: Mapping[str, frozenset[str]] = {"on": frozenset(), "off": frozenset(), "pulse": frozenset({"seconds"})}
UNLOCK: Mapping[str, frozenset[str]] = {"unlock": frozenset({"seconds"})}
"""As a door is asked by whoever does not know that it hangs on a relay: a pulse."""
MOVE: Mapping[str, frozenset[str]] = {"open": frozenset(), "close": frozenset()}
STOP: Mapping[str, frozenset[str]] = {"stop": frozenset()}
RESET: Mapping[str, frozenset[str]] = {"reset": frozenset()}


def pieces(unit: Unit) -> list[Pieces]:
    """One range a table, as long as the unit answers it."""
    return [Pieces(table, numbers) for table, numbers in unit.numbers().items()]


def named(unit: Unit, table: Table, numbers: Collection[int]) -> list[str]:
    """What hangs on these numbers of a table, as the YAML calls it."""
    found = [each.id for each in unit.inputs if each.table is table and each.number in numbers]
    found += [each.id for each in unit.outputs if table is Table.COIL and each.number in numbers]
    for gate in unit.barriers:
        relays = {number for _, number in gate.outputs if number is not None} if table is Table.COIL else set()
        senses = {each.number for _, each in gate.inputs if each is not None and each.table is table}
        found += [gate.id] if (relays | senses) & set(numbers) else []
    return found


def points(address: int, read: Read, bits: Sequence[bool]) -> dict[Point, bool]:
    """Every point of an answer."""
    if read.table.has_bits:
        return {Point(address, read.table, read.first + at): bit for at, bit in enumerate(bits)}
    return {Point(address, read.table, read.first + at // 16, at % 16): bit for at, bit in enumerate(bits)}


def parts(settings: ModbusIoSettings) -> list[Part]:
    """Units, then what hangs on them, then interlocks."""
    found: list[Part] = []
    for unit in settings.units:
        found.append(Part(unit.id, DeviceType.PANEL, unit.name, unit.place))
        found += [Part(each.id, each.type, each.name, each.place or unit.place, on=unit.id) for each in unit.inputs]
        for each in unit.outputs:
            actions = {**SWITCH, **(UNLOCK if each.type is DeviceType.DOOR else {})}
            found.append(Part(each.id, each.type, each.name, each.place or unit.place, actions=actions, on=unit.id))
        for gate in unit.barriers:
            actions = {**MOVE, **({} if gate.outputs.stop is None else STOP)}
            place = gate.place or unit.place
            found.append(Part(gate.id, DeviceType.BARRIER, gate.name, place, actions=actions, on=unit.id))
    for row in settings.interlocks:
        found.append(Part(row.id, DeviceType.PANEL, row.name, row.place, actions=RESET))
    return found


def wiring(settings: ModbusIoSettings) -> Wiring:
    """What hangs where."""
    units = settings.units
    return Wiring(
        contacts=[(_at(unit, each), _contact(unit, each)) for unit in units for each in unit.inputs],
        outputs=[
            (Point(unit.address, Table.COIL, each.number), _output(unit, each))
            for unit in units
            for each in unit.outputs
        ],
        gates=[_gate(unit, each) for unit in units for each in unit.barriers],
        interlocks=[_interlock(row) for row in settings.interlocks],
    )


def _at(unit: Unit, what: Input | Sensor) -> Point:
    return Point(unit.address, what.table, what.number, 0 if what.table.has_bits else what.bit)


def _where(unit: Unit, number: int) -> dict[str, Any]:
    return {"unit": unit.id, "number": number}


def _contact(unit: Unit, row: Input) -> ContactSpec:
    return ContactSpec(
        id=row.id,
        active=row.means.active,
        rest=row.means.rest,
        normally_closed=row.normally == "closed",
        debounce=row.debounce.total_seconds(),
        data=_where(unit, row.number),
    )


def _output(unit: Unit, row: Output) -> OutputSpec:
    away, back = row.kinds
    rest = row.normally == "on"
    return OutputSpec(
        id=row.id,
        rest=rest,
        longest=row.longest.total_seconds() if row.longest else None,
        pulse=row.pulse.total_seconds(),
        on=back if rest else away,
        off=away if rest else back,
        data=_where(unit, row.number),
    )


def _gate(unit: Unit, row: BarrierRow) -> Gate:
    senses = {Sense(name): sensor for name, sensor in row.inputs if sensor is not None}
    relays = {Relay(name): number for name, number in row.outputs if number is not None}
    return Gate(
        BarrierSpec(
            id=row.id,
            senses=frozenset(senses),
            stops=Relay.STOP in relays,
            pulse=row.pulse.total_seconds(),
            travel=row.travel.total_seconds(),
            data={"unit": unit.id},
        ),
        relays={relay: Point(unit.address, Table.COIL, number) for relay, number in relays.items()},
        senses={sense: _at(unit, sensor) for sense, sensor in senses.items()},
        normally_closed=frozenset(sense for sense, sensor in senses.items() if sensor.normally == "closed"),
    )


def _interlock(row: InterlockRow) -> InterlockSpec:
    hold = {device: state != "off" for device, state in row.hold.items()}
    return InterlockSpec(row.id, row.name, row.causes, hold, latched=row.restore == "person")
