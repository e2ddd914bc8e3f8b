"""Frames on the wire: RTU with a checksum, TCP with a number; bytes in, frames out, without I/O.

RTU (Serial Line V1.02, 2.5.1) has no start and no length: where a frame begins is found by its
checksum, and what lies before it is rubbish. TCP (Messaging Guide V1.0b, 3.1.3) has both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

from gateway.errors import BadInput
from gateway.model import Words

LONGEST_RTU, LONGEST_TCP = 256, 260
HEAD_TCP = 7
READS, FIXED = frozenset({1, 2, 3, 4}), frozenset({5, 6, 8, 15, 16})
"""Functions whose answers tell their length, and those that are 8 bytes long."""


class Frame(NamedTuple):
    """One whole answer; `number` is 0 on a line that has none."""

    unit: int
    pdu: bytes
    number: int = 0


class Framing(ABC):
    """`numbered`: whether an answer names the request it answers. `rubbish` is what made no frame since last asked."""

    numbered: bool

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._rubbish = bytearray()

    @abstractmethod
    def encode(self, unit: int, number: int, pdu: ModbusPDU) -> bytes:
        """The frame of a request."""

    @abstractmethod
    def feed(self, data: bytes) -> list[Frame]:
        """Every whole frame so far. Raises BadInput when no frame can ever be found again."""

    def silence(self) -> None:
        """Nothing more comes: what is half is rubbish."""
        self._drop(len(self._buffer))

    def rubbish(self) -> bytes:
        """Taking it forgets it."""
        taken = bytes(self._rubbish)
        self._rubbish.clear()
        return taken

    def _drop(self, count: int) -> None:
        self._rubbish += self._buffer[:count]
        del self._rubbish[:-LONGEST_RTU]
        del self._buffer[:count]


class Rtu(Framing):
    numbered = False

    def encode(self, unit: int, number: int, pdu: ModbusPDU) -> bytes:  # noqa: ARG002  # this line has no numbers
        pdu.dev_id = unit
        return FramerRTU(DecodePDU(is_server=False)).buildFrame(pdu)

    def feed(self, data: bytes) -> list[Frame]:
        frames = []
        for at in range(0, len(data), LONGEST_RTU):
            self._buffer += data[at : at + LONGEST_RTU]
            frames += self._split()
        return frames

    def _split(self) -> list[Frame]:
        frames, at, waiting = [], 0, None
        while at < len(self._buffer):
            end = self._end(at)
            if end is None:
                waiting = at if waiting is None else waiting
            elif end:
                self._drop(at)
                frame = bytes(self._buffer[: end - at])
                del self._buffer[: end - at]
                frames.append(Frame(frame[0], frame[1:-2]))
                at, waiting = 0, None
                continue
            at += 1
        self._drop(len(self._buffer) if waiting is None else waiting)
        return frames

    def _end(self, at: int) -> int | None:
        """Where the frame that begins here ends; None: not yet known; 0: none begins here."""
        rest = len(self._buffer) - at
        if rest < 2:
            return None
        function = self._buffer[at + 1]
        if function in READS:
            size = None if rest < 3 else 5 + self._buffer[at + 2]
        else:
            size = 8 if function in FIXED else 5 if function & 0x7F in READS | FIXED else 0
        if size == 0 or (size is not None and size > LONGEST_RTU):
            return 0
        if size is None or rest < size:
            return None
        frame = bytes(self._buffer[at : at + size])
        return at + size if FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:])) else 0


class Tcp(Framing):
    numbered = True

    def encode(self, unit: int, number: int, pdu: ModbusPDU) -> bytes:
        pdu.dev_id, pdu.transaction_id = unit, number
        return FramerSocket(DecodePDU(is_server=False)).buildFrame(pdu)

    def feed(self, data: bytes) -> list[Frame]:
        self._buffer += data
        frames = []
        while len(self._buffer) >= HEAD_TCP:
            number, protocol, length = (int.from_bytes(self._buffer[at : at + 2]) for at in (0, 2, 4))
            if protocol or not 2 < length <= LONGEST_TCP - 6:
                self._drop(len(self._buffer))
                raise BadInput(Words("不是 Modbus TCP", "this is no Modbus TCP"), self.rubbish())
            if len(self._buffer) < 6 + length:
                break
            frames.append(Frame(self._buffer[6], bytes(self._buffer[HEAD_TCP : 6 + length]), number))
            del self._buffer[: 6 + length]
        return frames

    def silence(self) -> None:
        """A segment may be late; what is half is completed."""
