"""Modbus units on the named lines: which addresses answer, and how many inputs and outputs each unit has.

Only named lines are scanned: scanning means sending, and other lines may have a master of their own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import click
from pydantic import ValidationError
from rich.console import Console
from rich.progress import Progress

from gateway.cli.discover.results import DiscoveredDevice, DiscoveryOptions, Nested, Value
from gateway.errors import AnjuError, BadInput
from gateway.protocols.modbus.client import ModbusClient
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.outcome import ExceptionResponse, ModbusResponse, NoResponse
from gateway.protocols.modbus.request import UNIT_UNREACHABLE, ReadRequest, Table
from gateway.protocols.modbus.settings import ModbusLineSettings

ADDRESSES = range(1, 248)
BAUDS = (9600, 19200, 4800, 38400, 57600, 115200)
"""Tried in this order until a unit answers."""
MODBUS_TCP = 502
TCP_MODULE_ADDRESS = 255
"""The address of a module that speaks TCP itself (Messaging Guide V1.0b, 4.4.2.4)."""
SIZES = (64, 32, 16, 8, 4, 2, 1)


class DiscoveredUnit(NamedTuple):
    """One unit, and how many discrete inputs and coils it has."""

    address: int
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class ModbusPort:
    """PORT or PORT:BAUD, as given on the command line."""

    port: str
    bauds: Sequence[int]
    framing: str

    @classmethod
    def of(cls, given: str) -> ModbusPort:
        """Parse it."""
        if given.startswith("tcp://"):
            return cls(given, BAUDS[:1], "tcp" if given.endswith(f":{MODBUS_TCP}") else "rtu")
        port, baud = re.fullmatch(r"(.*?)(?::([0-9]+))?", given).groups()  # type: ignore[union-attr]  # matches all
        return cls(port, [int(baud)] if baud else BAUDS, "rtu")

    def settings(self, baud: int) -> ModbusLineSettings:
        """For one baud rate. Raises pydantic's ValidationError."""
        return ModbusLineSettings.model_validate({"port": self.port, "baud": baud, "framing": self.framing})


async def discover(options: DiscoveryOptions) -> Sequence[DiscoveredDevice]:
    """One device for each line on which a unit answers. Raises click's errors for what the installer can fix."""
    found = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for number, given in enumerate(options.lines, 1):
            port = ModbusPort.of(given)
            for baud in port.bauds:
                units = await _scan(port, baud, progress)
                # All units of a line have the same baud rate.
                if units:
                    found.append(_device_of(number, port, baud, units))
                    break
    return found


async def _scan(port: ModbusPort, baud: int, progress: Progress) -> list[DiscoveredUnit]:
    try:
        async with ModbusLink[None](port.settings(baud)).open() as client:
            task = progress.add_task(f"{port.port} {baud} baud", total=len(ADDRESSES))
            units = []
            for address in ADDRESSES:
                if await _is_present(client, address):
                    units.append(await _size_unit(client, address))
                progress.advance(task)
            return _merge_addresses(units, client.framer.has_transaction_ids)
    except ValidationError as error:
        raise click.BadParameter(error.errors()[0]["msg"], param_hint="--line") from None
    except BadInput as error:
        raise click.ClickException(f"{port.port}: {error.why}") from error
    except (AnjuError, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _is_present(client: ModbusClient, address: int) -> bool:
    """An exception response is a response too, unless a gateway sent it because it found no unit there."""
    outcome = await client.request(address, ReadRequest(Table.DISCRETE, 0, 1))
    absent = isinstance(outcome, ExceptionResponse) and outcome.code in UNIT_UNREACHABLE
    return not (absent or isinstance(outcome, NoResponse))


def _merge_addresses(units: list[DiscoveredUnit], by_tcp: bool) -> list[DiscoveredUnit]:
    """A module that speaks TCP itself answers at every address: that is one unit, with address 255.

    No serial line has that many units. So units without inputs and outputs are then a gateway's exception responses,
    whichever exception code it uses.
    """
    # A device that answers at all 247 addresses is suspicious; anything less is taken as it is.
    if len(units) < len(ADDRESSES):
        return units
    if by_tcp and len({(unit.inputs, unit.outputs) for unit in units}) == 1:
        return [units[0]._replace(address=TCP_MODULE_ADDRESS)]
    return [unit for unit in units if unit.inputs or unit.outputs] or units


async def _size_unit(client: ModbusClient, address: int) -> DiscoveredUnit:
    inputs = await _count_points(client, address, Table.DISCRETE)
    return DiscoveredUnit(address, inputs, await _count_points(client, address, Table.COIL))


async def _count_points(client: ModbusClient, address: int, table: Table) -> int:
    """The largest of SIZES that it returns in one response; 0 if it has none."""
    for size in SIZES:
        if isinstance(await client.request(address, ReadRequest(table, 0, size)), ModbusResponse):
            return size
    return 0


def _device_of(number: int, port: ModbusPort, baud: int, units: Sequence[DiscoveredUnit]) -> DiscoveredDevice:
    entry: dict[str, Value] = {"port": port.port}
    if port.framing == "tcp":
        entry["framing"] = "tcp"
    else:
        entry["baud"] = baud
    entry["units"] = [_unit(unit) for unit in units if unit.inputs or unit.outputs]
    return DiscoveredDevice(
        id=f"io-line-{number}",
        kind="modbus_io",
        name="Modbus",
        address=port.port,
        summary=f"{len(units)} units" + ("" if port.framing == "tcp" else f" at {baud} baud"),
        notes=[f"unit {unit.address}: {unit.inputs} inputs, {unit.outputs} outputs" for unit in units],
        entry=entry,
    )


def _unit(unit: DiscoveredUnit) -> Mapping[str, Nested]:
    entry: dict[str, Nested] = {"address": unit.address, "id": f"io-{unit.address}", "name": f"unit {unit.address}"}
    if unit.inputs:
        entry["inputs"] = [{**_row(unit, "in", n), "means": "zone.alarm"} for n in range(unit.inputs)]
    if unit.outputs:
        entry["outputs"] = [_row(unit, "out", n) for n in range(unit.outputs)]
    return entry


def _row(unit: DiscoveredUnit, what: str, number: int) -> dict[str, Nested]:
    return {
        "number": number,
        "id": f"io-{unit.address}-{what}-{number}",
        "name": f"unit {unit.address} {what} {number}",
    }
