"""Builds what is polled and wired on a line from its settings."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from gateway.driver import Part
from gateway.model import DeviceType
from gateway.protocols.contacts.barrier_spec import BarrierRelay, BarrierSensor, BarrierSpec
from gateway.protocols.contacts.contact import ContactSpec
from gateway.protocols.contacts.interlock import InterlockSpec
from gateway.protocols.contacts.output import OutputSpec
from gateway.protocols.contacts.wiring import BarrierWiring, Point, Wiring
from gateway.protocols.modbus.read_ranges import ReadRanges
from gateway.protocols.modbus.request import ReadRequest, Table
from gateway.protocols.modbus.settings import ModbusIoSettings
from gateway.protocols.modbus.unit_settings import (
    BarrierSettings,
    InputSettings,
    InterlockSettings,
    OutputSettings,
    SensorSettings,
    UnitSettings,
)

SWITCH_ACTIONS: Mapping[str, frozenset[str]] = {"on": frozenset(), "off": frozenset(), "pulse": frozenset({"seconds"})}
UNLOCK_ACTIONS: Mapping[str, frozenset[str]] = {"unlock": frozenset({"seconds"})}
"""For a relay that opens a door: a pulse, by the name that any other door device has for it."""
MOVE_ACTIONS: Mapping[str, frozenset[str]] = {"open": frozenset(), "close": frozenset()}
STOP_ACTIONS: Mapping[str, frozenset[str]] = {"stop": frozenset()}
RESET_ACTIONS: Mapping[str, frozenset[str]] = {"reset": frozenset()}


def read_ranges(unit: UnitSettings) -> list[ReadRanges]:
    """One for each table of which the unit has something; it begins with one request for the whole."""
    return [ReadRanges(table, numbers) for table, numbers in unit.numbers().items()]


def device_ids(unit: UnitSettings, table: Table, numbers: Collection[int]) -> list[str]:
    """The devices on these numbers of a table."""
    found = [each.id for each in unit.inputs if each.table is table and each.number in numbers]
    found += [each.id for each in unit.outputs if table is Table.COIL and each.number in numbers]
    for row in unit.barriers:
        relays = {number for _, number in row.outputs if number is not None} if table is Table.COIL else set()
        sensors = {each.number for _, each in row.inputs if each is not None and each.table is table}
        found += [row.id] if (relays | sensors) & set(numbers) else []
    return found


def decode_points(address: int, request: ReadRequest, bits: Sequence[bool]) -> dict[Point, bool]:
    """The points of a response, by the request that it answers."""
    first = request.first
    if request.table.has_bits:
        return {Point(address, request.table, first + at): bit for at, bit in enumerate(bits)}
    return {Point(address, request.table, first + at // 16, at % 16): bit for at, bit in enumerate(bits)}


def parts(settings: ModbusIoSettings) -> list[Part]:
    """Units, then the devices on them, then interlocks."""
    found: list[Part] = []
    for unit in settings.units:
        found.append(Part(unit.id, DeviceType.PANEL, unit.name, unit.place))
        found += [Part(each.id, each.type, each.name, each.place or unit.place, on=unit.id) for each in unit.inputs]
        for each in unit.outputs:
            actions = {**SWITCH_ACTIONS, **(UNLOCK_ACTIONS if each.type is DeviceType.DOOR else {})}
            found.append(Part(each.id, each.type, each.name, each.place or unit.place, actions=actions, on=unit.id))
        for row in unit.barriers:
            actions = {**MOVE_ACTIONS, **({} if row.outputs.stop is None else STOP_ACTIONS)}
            place = row.place or unit.place
            found.append(Part(row.id, DeviceType.BARRIER, row.name, place, actions=actions, on=unit.id))
    for interlock in settings.interlocks:
        found.append(Part(interlock.id, DeviceType.PANEL, interlock.name, interlock.place, actions=RESET_ACTIONS))
    return found


def build_wiring(settings: ModbusIoSettings) -> Wiring:
    """Which device is connected to which point."""
    units = settings.units
    return Wiring(
        contacts=[(_point(unit, each), _contact_spec(unit, each)) for unit in units for each in unit.inputs],
        outputs=[
            (Point(unit.address, Table.COIL, each.number), _output_spec(unit, each))
            for unit in units
            for each in unit.outputs
        ],
        barriers=[_barrier_wiring(unit, each) for unit in units for each in unit.barriers],
        interlocks=[_interlock_spec(row) for row in settings.interlocks],
    )


def _point(unit: UnitSettings, row: InputSettings | SensorSettings) -> Point:
    return Point(unit.address, row.table, row.number, 0 if row.table.has_bits else row.bit)


def _location(unit: UnitSettings, number: int) -> dict[str, Any]:
    return {"unit": unit.id, "number": number}


def _contact_spec(unit: UnitSettings, row: InputSettings) -> ContactSpec:
    return ContactSpec(
        id=row.id,
        active=row.means.active,
        normal=row.means.rest,
        normally_closed=row.normally == "closed",
        debounce=row.debounce.total_seconds(),
        data=_location(unit, row.number),
    )


def _output_spec(unit: UnitSettings, row: OutputSettings) -> OutputSpec:
    active, restored = row.kinds
    normal = row.normally == "on"
    return OutputSpec(
        id=row.id,
        normal=normal,
        max_active=row.longest.total_seconds() if row.longest else None,
        pulse=row.pulse.total_seconds(),
        on=restored if normal else active,
        off=active if normal else restored,
        data=_location(unit, row.number),
    )


def _barrier_wiring(unit: UnitSettings, row: BarrierSettings) -> BarrierWiring:
    sensors = {BarrierSensor(name): sensor for name, sensor in row.inputs if sensor is not None}
    relays = {BarrierRelay(name): number for name, number in row.outputs if number is not None}
    return BarrierWiring(
        BarrierSpec(
            id=row.id,
            sensors=frozenset(sensors),
            stops=BarrierRelay.STOP in relays,
            pulse=row.pulse.total_seconds(),
            travel=row.travel.total_seconds(),
            data={"unit": unit.id},
        ),
        relays={relay: Point(unit.address, Table.COIL, number) for relay, number in relays.items()},
        sensors={name: _point(unit, sensor) for name, sensor in sensors.items()},
        normally_closed=frozenset(name for name, sensor in sensors.items() if sensor.normally == "closed"),
    )


def _interlock_spec(row: InterlockSettings) -> InterlockSpec:
    hold = {device: state != "off" for device, state in row.hold.items()}
    return InterlockSpec(row.id, row.name, row.causes, hold, latched=row.restore == "person")
