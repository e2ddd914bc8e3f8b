"""Modbus requests, and the check whether a PDU is their response (Application Protocol V1.1b3, chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.diag_message import ReturnQueryDataRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

MAX_BITS, MAX_REGISTERS = 2000, 125
"""What one response can hold (6.1, 6.3)."""
EXCEPTION_FLAG = 0x80
"""Set in the function code of an exception response (chapter 7)."""
DIAGNOSTICS = ReturnQueryDataRequest.function_code
EXCEPTION_TEXTS = {
    1: "it does not support this function",
    2: "it has no such inputs or registers",
    3: "it rejects this value",
    4: "it failed",
    5: "it is still busy with the last request",
    6: "it is busy",
    10: "the gateway before it has no path to it",
    11: "it does not answer the gateway before it",
}

UNIT_UNREACHABLE = frozenset({10, 11})
"""Sent by a gateway to a serial line: it has no path to the unit, or the unit does not answer it."""
TRANSIENT_EXCEPTIONS = frozenset({5, 6, 10, 11})
"""Exception codes that do not depend on the request itself."""


class Table(StrEnum):
    """The four tables of a unit (4.3): discrete inputs, coils, holding registers, input registers."""

    DISCRETE = "discrete"
    COIL = "coil"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def has_bits(self) -> bool:
        """Whether an entry is one bit; otherwise it is a register of 16."""
        return self in {Table.DISCRETE, Table.COIL}


_READ_REQUESTS: dict[Table, type[ModbusPDU]] = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}


class ModbusRequest(Protocol):
    """A function code and its data, without the unit's address."""

    def pdu(self) -> ModbusPDU:
        """As pymodbus encodes it."""
        ...

    @property
    def function(self) -> int:
        """The function code."""
        ...

    @property
    def max_response_size(self) -> int:
        """Bytes of the response's RTU frame."""
        ...

    def is_response(self, pdu: bytes) -> bool:
        """Whether a PDU (function code first) has the shape of this request's response."""
        ...


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """Reads `count` bits or registers of a table, from `first` on."""

    table: Table
    first: int
    count: int

    def pdu(self) -> ModbusPDU:
        """Function code 1, 2, 3 or 4."""
        return _READ_REQUESTS[self.table](address=self.first, count=self.count)

    @property
    def function(self) -> int:
        """1 to 4, as the table requires."""
        return _READ_REQUESTS[self.table].function_code

    @property
    def size(self) -> int:
        """Data bytes of the response."""
        return (self.count + 7) // 8 if self.table.has_bits else 2 * self.count

    @property
    def max_response_size(self) -> int:
        """Unit, function code, byte count, data, CRC."""
        return 5 + self.size

    def is_response(self, pdu: bytes) -> bool:
        """Whether function code and byte count match."""
        return pdu[0] == self.function and len(pdu) == 2 + self.size and pdu[1] == self.size

    def bits(self, pdu: bytes) -> list[bool]:
        """Every bit of its response in order; of registers the lowest bit first."""
        data = pdu[2:]
        if not self.table.has_bits:
            # Registers are big-endian, bit fields are packed lowest byte first: swap to unpack both alike.
            data = bytes(byte for at in range(0, len(data), 2) for byte in (data[at + 1], data[at]))
        bits = [bool(byte >> bit & 1) for byte in data for bit in range(8)]
        return bits[: self.count] if self.table.has_bits else bits


@dataclass(frozen=True, slots=True)
class WriteCoilRequest:
    """Writes one coil; the response repeats the request."""

    coil: int
    on: bool
    function: int = WriteSingleCoilRequest.function_code
    max_response_size: int = 8

    def pdu(self) -> ModbusPDU:
        """Function code 5."""
        return WriteSingleCoilRequest(address=self.coil, bits=[self.on])

    def is_response(self, pdu: bytes) -> bool:
        """Whether it repeats the request."""
        return pdu == _encode(self.pdu())


@dataclass(frozen=True, slots=True)
class EchoRequest:
    """Two bytes that the unit must return (6.8, function code 8, sub-function 0): a transaction id for RTU."""

    number: int
    function: int = DIAGNOSTICS
    max_response_size: int = 8

    def pdu(self) -> ModbusPDU:
        """Function code 8, Return Query Data."""
        return ReturnQueryDataRequest(message=self.number.to_bytes(2))

    def is_response(self, pdu: bytes) -> bool:
        """Whether it repeats the request."""
        return pdu == _encode(self.pdu())


def _encode(pdu: ModbusPDU) -> bytes:
    return bytes((pdu.function_code,)) + pdu.encode()
