"""What is asked of a unit, and what its answer must look like (Application Protocol V1.1b3, chapter 6)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from pymodbus.pdu import ModbusPDU
from pymodbus.pdu.bit_message import ReadCoilsRequest, ReadDiscreteInputsRequest, WriteSingleCoilRequest
from pymodbus.pdu.diag_message import ReturnQueryDataRequest
from pymodbus.pdu.register_message import ReadHoldingRegistersRequest, ReadInputRegistersRequest

MOST_BITS, MOST_REGISTERS = 2000, 125
"""What one answer can hold (6.1, 6.3)."""
REFUSED = 0x80
"""Added to the function of an answer that is an exception (chapter 7)."""
ECHO = ReturnQueryDataRequest.function_code
WHY = {
    1: "it does not know this function",
    2: "it has no such inputs or registers",
    3: "it does not take this value",
    4: "it failed",
    5: "it is still at it",
    6: "it is busy",
    10: "the gateway before it has no way to it",
    11: "it does not answer the gateway before it",
}

NOBODY_THERE = frozenset({10, 11})
"""Said by a gateway to a serial line: it has no way to the unit, or the unit does not answer it."""
PASSING = frozenset({5, 6, 10, 11})
"""Of these, those that say nothing of the request."""


class Table(StrEnum):
    """The four tables of a unit (4.3)."""

    DISCRETE = "discrete"
    COIL = "coil"
    HOLDING = "holding"
    INPUT = "input"

    @property
    def has_bits(self) -> bool:
        return self in {Table.DISCRETE, Table.COIL}


_READS: dict[Table, type[ModbusPDU]] = {
    Table.COIL: ReadCoilsRequest,
    Table.DISCRETE: ReadDiscreteInputsRequest,
    Table.HOLDING: ReadHoldingRegistersRequest,
    Table.INPUT: ReadInputRegistersRequest,
}


class Request(Protocol):
    """A function and its data; the unit's address is the line's business."""

    def pdu(self) -> ModbusPDU: ...

    @property
    def function(self) -> int: ...

    @property
    def longest_answer(self) -> int:
        """In bytes, as a frame of RTU."""
        ...

    def is_answer(self, pdu: bytes) -> bool:
        """Whether a PDU, its function first, has the shape that answers this and nothing else of its unit."""
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """`count` bits or registers of a table."""

    table: Table
    first: int
    count: int

    def pdu(self) -> ModbusPDU:
        return _READS[self.table](address=self.first, count=self.count)

    @property
    def function(self) -> int:
        return _READS[self.table].function_code

    @property
    def size(self) -> int:
        """Bytes of data in its answer."""
        return (self.count + 7) // 8 if self.table.has_bits else 2 * self.count

    @property
    def longest_answer(self) -> int:
        return 5 + self.size

    def is_answer(self, pdu: bytes) -> bool:
        return pdu[0] == self.function and len(pdu) == 2 + self.size and pdu[1] == self.size

    def bits(self, pdu: bytes) -> list[bool]:
        """Every bit of its answer in order: of registers the lowest bit first."""
        data = pdu[2:]
        if not self.table.has_bits:
            data = bytes(byte for at in range(0, len(data), 2) for byte in (data[at + 1], data[at]))
        bits = [bool(byte >> bit & 1) for byte in data for bit in range(8)]
        return bits[: self.count] if self.table.has_bits else bits


@dataclass(frozen=True, slots=True)
class Write:
    """One coil; the answer repeats the request."""

    coil: int
    on: bool
    function: int = WriteSingleCoilRequest.function_code
    longest_answer: int = 8

    def pdu(self) -> ModbusPDU:
        return WriteSingleCoilRequest(address=self.coil, bits=[self.on])

    def is_answer(self, pdu: bytes) -> bool:
        return pdu == _bytes_of(self.pdu())


@dataclass(frozen=True, slots=True)
class Echo:
    """Two bytes that the unit is to give back (6.8, function 8 with sub-function 0): a number for a line without."""

    number: int
    function: int = ECHO
    longest_answer: int = 8

    def pdu(self) -> ModbusPDU:
        return ReturnQueryDataRequest(message=self.number.to_bytes(2))

    def is_answer(self, pdu: bytes) -> bool:
        return pdu == _bytes_of(self.pdu())


def _bytes_of(pdu: ModbusPDU) -> bytes:
    return bytes((pdu.function_code,)) + pdu.encode()
