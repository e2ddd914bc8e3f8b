"""Units that others wrote, on a wire that can be made late."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from gateway.protocols.modbus.client import ModbusClient
from gateway.protocols.modbus.link import ModbusLink
from gateway.protocols.modbus.settings import ModbusLineSettings
from gateway.simulator.modbus import ModbusModules, run_modules
from gateway.simulator.rs485 import PtyBridge


@dataclass(frozen=True, slots=True)
class Bench:
    modules: ModbusModules
    wire: PtyBridge
    line: ModbusClient


@asynccontextmanager
async def a_line(*addresses: int, **more: Any) -> AsyncIterator[Bench]:
    """A line at a speed at which a test is quick; `more` is for the YAML."""
    async with run_modules(addresses) as (modules, wire, path):
        settings = ModbusLineSettings(port=str(path), **{"baud": 115200, **more})
        async with ModbusLink[None](settings).open() as line:
            yield Bench(modules, wire, line)
