"""Modbus units of the lines that are named: who answers at any address, and how many inputs and outputs it has.

A line is asked only where it is named: asking is talking, and other lines have masters of their own.
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
from gateway.protocols.modbus.client import ExceptionResponse, ModbusClient, ModbusResponse, NoResponse
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.request import UNIT_UNREACHABLE, ReadRequest, Table
from gateway.protocols.modbus.settings import ModbusLineSettings

ADDRESSES = range(1, 248)
BAUDS = (9600, 19200, 4800, 38400, 57600, 115200)
"""Asked in this order until anybody answers."""
MODBUS_TCP = 502
TCP_MODULE_ADDRESS = 255
"""The address of a module on the network itself (Messaging Guide V1.0b, 4.4.2.4)."""
SIZES = (64, 32, 16, 8, 4, 2, 1)


class DiscoveredUnit(NamedTuple):
    """One unit, and how many discrete inputs and coils it tells of."""

    address: int
    inputs: int
    outputs: int


@dataclass(frozen=True, slots=True)
class ModbusPort:
    """PORT or PORT:BAUD, as it was written."""

    port: str
    bauds: Sequence[int]
    framing: str

    @classmethod
    def of(cls, written: str) -> ModbusPort:
        if written.startswith("tcp://"):
            return cls(written, BAUDS[:1], "tcp" if written.endswith(f":{MODBUS_TCP}") else "rtu")
        port, baud = re.fullmatch(r"(.*?)(?::([0-9]+))?", written).groups()  # type: ignore[union-attr]  # matches all
        return cls(port, [int(baud)] if baud else BAUDS, "rtu")

    def settings(self, baud: int) -> ModbusLineSettings:
        return ModbusLineSettings.model_validate({"port": self.port, "baud": baud, "framing": self.framing})


async def discover(wish: DiscoveryOptions) -> Sequence[DiscoveredDevice]:
    """One finding a line on which anybody answers. Raises click's errors for what the installer can mend."""
    found = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for number, written in enumerate(wish.lines, 1):
            line = ModbusPort.of(written)
            for baud in line.bauds:
                units = await _scan(line, baud, progress)
                if units:
                    found.append(_finding(number, line, baud, units))
                    break
    return found


async def _scan(line: ModbusPort, baud: int, progress: Progress) -> list[DiscoveredUnit]:
    try:
        async with ModbusLink[None](line.settings(baud)).open() as client:
            task = progress.add_task(f"{line.port} {baud} baud", total=len(ADDRESSES))
            units = []
            for address in ADDRESSES:
                if await _lives(client, address):
                    units.append(await _measure(client, address))
                progress.advance(task)
            return _one_if_all(units, client.framer.has_transaction_ids)
    except ValidationError as error:
        raise click.BadParameter(error.errors()[0]["msg"], param_hint="--line") from None
    except BadInput as error:
        raise click.ClickException(f"{line.port}: {error.why}") from error
    except (AnjuError, OSError) as error:
        raise click.ClickException(str(error)) from error


async def _lives(line: ModbusClient, address: int) -> bool:
    """A refusal is an answer too, unless it is the gateway's in front of it: it found nobody at that address."""
    outcome = await line.request(address, ReadRequest(Table.DISCRETE, 0, 1))
    absent = isinstance(outcome, ExceptionResponse) and outcome.code in UNIT_UNREACHABLE
    return not (absent or isinstance(outcome, NoResponse))


def _one_if_all(units: list[DiscoveredUnit], by_tcp: bool) -> list[DiscoveredUnit]:
    """A module on the network itself answers to every address: that is one unit, and its own is 255.

    Otherwise no line has so many: what tells of nothing is a gateway's refusal, whichever code it takes for that.
    """
    if len(units) < len(ADDRESSES):
        return units
    if by_tcp and len({(unit.inputs, unit.outputs) for unit in units}) == 1:
        return [units[0]._replace(address=TCP_MODULE_ADDRESS)]
    return [unit for unit in units if unit.inputs or unit.outputs] or units


async def _measure(line: ModbusClient, address: int) -> DiscoveredUnit:
    return DiscoveredUnit(address, await _count(line, address, Table.DISCRETE), await _count(line, address, Table.COIL))


async def _count(line: ModbusClient, address: int, table: Table) -> int:
    """The largest of SIZES that it tells of at once; 0 when it has none."""
    for size in SIZES:
        if isinstance(await line.request(address, ReadRequest(table, 0, size)), ModbusResponse):
            return size
    return 0


def _finding(number: int, line: ModbusPort, baud: int, units: Sequence[DiscoveredUnit]) -> DiscoveredDevice:
    entry: dict[str, Value] = {"port": line.port}
    if line.framing == "tcp":
        entry["framing"] = "tcp"
    else:
        entry["baud"] = baud
    entry["units"] = [_unit(unit) for unit in units if unit.inputs or unit.outputs]
    return DiscoveredDevice(
        id=f"io-line-{number}",
        kind="modbus_io",
        name="Modbus",
        address=line.port,
        what=f"{len(units)} units" + ("" if line.framing == "tcp" else f" at {baud} baud"),
        notes=[f"unit {unit.address}: {unit.inputs} inputs, {unit.outputs} outputs" for unit in units],
        entry=entry,
    )


def _unit(unit: DiscoveredUnit) -> Mapping[str, Nested]:
    told: dict[str, Nested] = {"address": unit.address, "id": f"io-{unit.address}", "name": f"unit {unit.address}"}
    if unit.inputs:
        told["inputs"] = [{**_row(unit, "in", n), "means": "zone.alarm"} for n in range(unit.inputs)]
    if unit.outputs:
        told["outputs"] = [_row(unit, "out", n) for n in range(unit.outputs)]
    return told


def _row(unit: DiscoveredUnit, what: str, number: int) -> dict[str, Nested]:
    return {
        "number": number,
        "id": f"io-{unit.address}-{what}-{number}",
        "name": f"unit {unit.address} {what} {number}",
    }
