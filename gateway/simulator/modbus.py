"""The twin of input and output modules on a Modbus line, and of a gate barrier wired to one.

The modules are pymodbus's own server, on a wire or behind TCP; what we speak is thereby proved
against what others wrote.
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

from gateway.simulator.rs485 import Wire, rs485

COILS, DISCRETE = 1, 2
"""Functions, by which pymodbus names its tables."""
STEP_S = 0.05


def _module(address: int, points: int) -> SimDevice:
    bits = [[SimData(0, values=[False] * points, datatype=DataType.BITS)] for _ in range(2)]
    registers = [[SimData(0, count=points, datatype=DataType.REGISTERS)] for _ in range(2)]
    return SimDevice(address, simdata=(bits[0], bits[1], registers[0], registers[1]))


class Modules:
    """Modules of `points` inputs and outputs each; those in `dead` neither do nor say anything."""

    def __init__(self, addresses: Collection[int], points: int = 16) -> None:
        self._devices = [_module(address, points) for address in addresses]
        self._addresses = frozenset(addresses)
        self._server: ModbusSerialServer | ModbusTcpServer | None = None
        self.dead: set[int] = set()
        self.exists: set[int] | None = None
        """Numbers that they have; a request for others as well is refused. None: all."""
        self.refuses_with = 2
        self._range: tuple[int, int] = (0, 0)
        self.asked: list[tuple[int, int]] = []
        """Unit and function of every request."""

    @asynccontextmanager
    async def on_port(self, port: Path) -> AsyncIterator[None]:
        """RTU on a port of this machine."""
        server = ModbusSerialServer(self._devices, port=str(port), baudrate=9600, trace_pdu=self._heed)
        async with self._running(server):
            yield

    @asynccontextmanager
    async def on_tcp(self, *, rtu: bool = False) -> AsyncIterator[int]:
        """Modbus TCP, or RTU as behind a converter, on loopback; yields the port."""
        framer = FramerType.RTU if rtu else FramerType.SOCKET
        server = ModbusTcpServer(self._devices, framer=framer, address=("127.0.0.1", 0), trace_pdu=self._heed)
        async with self._running(server):
            listening = cast("asyncio.Server", server.transport)
            yield int(listening.sockets[0].getsockname()[1])

    @asynccontextmanager
    async def _running(self, server: ModbusSerialServer | ModbusTcpServer) -> AsyncIterator[None]:
        await server.serve_forever(background=True)
        self._server = server
        try:
            yield
        finally:
            self._server = None
            await server.shutdown()  # type: ignore[no-untyped-call]

    async def contact(self, unit: int, number: int, closed: bool = True) -> None:
        """An input closes or opens."""
        assert self._server
        await self._server.async_setValues(unit, DISCRETE, number, [closed])

    async def switch(self, unit: int, number: int, on: bool) -> None:
        """Somebody switches an output at the module."""
        assert self._server
        await self._server.async_setValues(unit, COILS, number, [on])

    async def relay(self, unit: int, number: int) -> bool:
        assert self._server
        return bool((await self._server.async_getValues(unit, COILS, number, 1))[0])

    def _heed(self, sending: bool, pdu: ModbusPDU) -> ModbusPDU:
        if sending:
            return self._refusal(pdu) or pdu
        self._range = getattr(pdu, "address", 0), max(1, getattr(pdu, "count", 1))
        self.asked.append((pdu.dev_id, pdu.function_code))
        if pdu.dev_id in self.dead or pdu.dev_id not in self._addresses:
            return None  # type: ignore[return-value]  # a request that is none is not handled
        return pdu

    def _refusal(self, answer: ModbusPDU) -> ModbusPDU | None:
        first, count = self._range
        if self.exists is None or self.exists.issuperset(range(first, first + count)):
            return None
        return ExceptionResponse(
            answer.function_code, self.refuses_with, device_id=answer.dev_id, transaction=answer.transaction_id
        )


class GateTwin:
    """A barrier on outputs 0 open and 1 close and on inputs 0 up, 1 down, 2 loop, 3 edge of one module."""

    OPEN, CLOSE = 0, 1
    UP, DOWN, LOOP, EDGE = range(4)

    def __init__(self, modules: Modules, unit: int, way_s: float = 2.0) -> None:
        self._modules, self._unit, self._way = modules, unit, way_s
        self.height = 0.0
        self.stuck = False
        self._heading = 0
        self._pressed = (False, False)

    async def run(self) -> None:
        """Move as it is told until cancelled."""
        while True:
            await self._feel()
            await asyncio.sleep(STEP_S)
            await self._obey()
            if not self.stuck:
                self.height = min(1.0, max(0.0, self.height + self._heading * STEP_S / self._way))

    async def stands(self, on: bool, what: int = LOOP) -> None:
        """Something stands on the loop, or touches the edge."""
        await self._modules.contact(self._unit, what, on)

    async def _feel(self) -> None:
        await self._modules.contact(self._unit, self.UP, self.height >= 1)
        await self._modules.contact(self._unit, self.DOWN, self.height <= 0)

    async def _obey(self) -> None:
        pressed = await self._modules.relay(self._unit, self.OPEN), await self._modules.relay(self._unit, self.CLOSE)
        if pressed[0] and not self._pressed[0]:
            self._heading = 1
        elif pressed[1] and not self._pressed[1]:
            self._heading = -1
        self._pressed = pressed


@asynccontextmanager
async def modules_on_a_line(
    addresses: Collection[int], name: Path | None = None, baud: int = 0, points: int = 16
) -> AsyncIterator[tuple[Modules, Wire, Path]]:
    """Modules on a wire of their own; the path is the gateway's port."""
    modules = Modules(addresses, points)
    with rs485(name, baud) as (wire, gateway, devices):
        async with modules.on_port(devices):
            yield modules, wire, gateway
