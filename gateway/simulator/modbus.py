"""Simulated input and output modules on a Modbus line, and a gate barrier wired to one.

The modules are pymodbus's own server, on a serial line or behind TCP: so our client is tested against an independent
implementation.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

from pymodbus.framer import FramerType
from pymodbus.pdu import ExceptionResponse, ModbusPDU
from pymodbus.server import ModbusSerialServer, ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from gateway.simulator.rs485 import PtyBridge, rs485

COILS, DISCRETE = 1, 2
"""Function codes, by which pymodbus names its tables."""
STEP_S = 0.05


def _module(address: int, points: int) -> SimDevice:
    bits = [[SimData(0, values=[False] * points, datatype=DataType.BITS)] for _ in range(2)]
    registers = [[SimData(0, count=points, datatype=DataType.REGISTERS)] for _ in range(2)]
    return SimDevice(address, simdata=(bits[0], bits[1], registers[0], registers[1]))


class ModbusModules:
    """Modules with `points` inputs and outputs each; those in `offline` do not respond."""

    def __init__(self, addresses: Collection[int], points: int = 16) -> None:
        self._devices = [_module(address, points) for address in addresses]
        self._addresses = frozenset(addresses)
        self._server: ModbusSerialServer | ModbusTcpServer | None = None
        self.offline: set[int] = set()
        self.existing: set[int] | None = None
        """Numbers that they have; a request that includes others is rejected. None: all."""
        self.exception_code = 2
        self._range: tuple[int, int] = (0, 0)
        self.requests: list[tuple[int, int]] = []
        """Unit and function code of every request."""

    @asynccontextmanager
    async def on_port(self, port: Path) -> AsyncIterator[None]:
        """Serve RTU on a port of this machine."""
        server = ModbusSerialServer(self._devices, port=str(port), baudrate=9600, trace_pdu=self._trace)
        async with self._running(server):
            yield

    @asynccontextmanager
    async def on_tcp(self, *, rtu: bool = False, port: int = 0) -> AsyncIterator[int]:
        """Serve Modbus TCP, or RTU over TCP as behind a converter, on loopback; yields the port."""
        framer = FramerType.RTU if rtu else FramerType.SOCKET
        server = ModbusTcpServer(self._devices, framer=framer, address=("127.0.0.1", port), trace_pdu=self._trace)
        async with self._running(server):
            listening = cast("asyncio.Server", server.transport)
            yield int(listening.sockets[0].getsockname()[1])

    @asynccontextmanager
    async def _running(self, server: ModbusSerialServer | ModbusTcpServer) -> AsyncIterator[None]:
        # Returns once it listens.
        await server.serve_forever(background=True)
        self._server = server
        try:
            yield
        finally:
            self._server = None
            await server.shutdown()  # type: ignore[no-untyped-call]

    async def contact(self, unit: int, number: int, closed: bool = True) -> None:
        """Close or open an input."""
        assert self._server
        await self._server.async_setValues(unit, DISCRETE, number, [closed])

    async def switch(self, unit: int, number: int, on: bool) -> None:
        """Switch an output at the module itself."""
        assert self._server
        await self._server.async_setValues(unit, COILS, number, [on])

    async def relay(self, unit: int, number: int) -> bool:
        """Whether an output is on."""
        assert self._server
        return bool((await self._server.async_getValues(unit, COILS, number, 1))[0])

    def _trace(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if sending:
            return self._exception(pdu) or pdu
        # The response does not repeat the request's range.
        self._range = getattr(pdu, "address", 0), max(1, getattr(pdu, "count", 1))
        self.requests.append((pdu.dev_id, pdu.function_code))
        if pdu.dev_id in self.offline or pdu.dev_id not in self._addresses:
            return None  # type: ignore[return-value]  # pymodbus ignores a request of None
        return pdu

    def _exception(self, answer: ModbusPDU) -> ModbusPDU | None:
        first, count = self._range
        if self.existing is None or self.existing.issuperset(range(first, first + count)):
            return None
        return ExceptionResponse(
            answer.function_code, self.exception_code, device_id=answer.dev_id, transaction=answer.transaction_id
        )


class BarrierTwin:
    """A barrier on one module: outputs 0 open and 1 close; inputs 0 opened, 1 closed, 2 loop, 3 edge."""

    OPEN, CLOSE = 0, 1
    UP, DOWN, LOOP, EDGE = range(4)

    def __init__(self, modules: ModbusModules, unit: int, travel_s: float = 2.0) -> None:
        self._modules, self._unit, self._travel_s = modules, unit, travel_s
        self.height = 0.0
        self.stuck = False
        self._direction = 0
        self._relays = (False, False)

    async def run(self) -> None:
        """Move as the relays command, until cancelled."""
        while True:
            await self._set_limits()
            await asyncio.sleep(STEP_S)
            await self._read_relays()
            if not self.stuck:
                self.height = min(1.0, max(0.0, self.height + self._direction * STEP_S / self._travel_s))

    async def set_obstacle(self, on: bool, what: int = LOOP) -> None:
        """Set whether something stands on the loop, or touches the edge."""
        await self._modules.contact(self._unit, what, on)

    async def _set_limits(self) -> None:
        await self._modules.contact(self._unit, self.UP, self.height >= 1)
        await self._modules.contact(self._unit, self.DOWN, self.height <= 0)

    async def _read_relays(self) -> None:
        relays = await self._modules.relay(self._unit, self.OPEN), await self._modules.relay(self._unit, self.CLOSE)
        if relays[0] and not self._relays[0]:
            self._direction = 1
        elif relays[1] and not self._relays[1]:
            self._direction = -1
        self._relays = relays


@asynccontextmanager
async def run_modules(
    addresses: Collection[int], name: Path | None = None, baud: int = 0, points: int = 16
) -> AsyncIterator[tuple[ModbusModules, PtyBridge, Path]]:
    """Modules on a line of their own; the path is the gateway's port."""
    modules = ModbusModules(addresses, points)
    with rs485(name, baud) as (bridge, gateway, devices):
        async with modules.on_port(devices):
            yield modules, bridge, gateway
