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
MOST_SURPLUS = 4
"""Bytes too many behind an answer that are passed over."""


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

    def half(self, number: int) -> tuple[int, int] | None:  # noqa: ARG002  # for framings that know lengths
        """How many bytes of the answer to that number came, and how many it was to have; None where none broke off."""
        return None

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
    """A device that sends a byte too many behind its answers, or too few, must not spoil those that follow."""

    numbered = True

    def __init__(self) -> None:
        super().__init__()
        self._asked = 0
        self._broke_off = False
        self._is_modbus = False

    def encode(self, unit: int, number: int, pdu: ModbusPDU) -> bytes:
        pdu.dev_id, pdu.transaction_id = unit, number
        self._asked = number
        return FramerSocket(DecodePDU(is_server=False)).buildFrame(pdu)

    def feed(self, data: bytes) -> list[Frame]:
        if self._broke_off and (head := _head(data, 0)) and head.number == self._asked:
            self._drop(len(self._buffer))  # the rest of an older answer never came
        self._broke_off = False
        self._buffer += data
        frames = []
        while len(self._buffer) >= HEAD_TCP:
            head = _head(self._buffer, 0) or self._resynchronised()
            if head is None or len(self._buffer) < 6 + head.length:
                break
            frames.append(Frame(self._buffer[6], bytes(self._buffer[HEAD_TCP : 6 + head.length]), head.number))
            del self._buffer[: 6 + head.length]
            self._is_modbus = True
        return frames

    def silence(self) -> None:
        """A segment may be late: what is half is completed, unless the next answer begins instead."""
        self._broke_off = bool(self._buffer)

    def half(self, number: int) -> tuple[int, int] | None:
        head = _head(self._buffer, 0)
        if head is None or head.number != number:
            return None
        return len(self._buffer) - HEAD_TCP, head.length - 1

    def _resynchronised(self) -> _Head | None:
        """The head behind a few bytes too many, which are dropped; None until it is there. Raises BadInput."""
        if self._is_modbus:
            for at in range(1, MOST_SURPLUS + 1):
                if (head := _head(self._buffer, at)) and head.number == self._asked:
                    self._drop(at)
                    return head
            if len(self._buffer) < HEAD_TCP + MOST_SURPLUS:
                return None
        self._drop(len(self._buffer))
        raise BadInput(Words("不是 Modbus TCP", "this is no Modbus TCP"), self.rubbish())


class _Head(NamedTuple):
    number: int
    length: int


def _head(data: bytes | bytearray, at: int) -> _Head | None:
    """What begins there, if it can be the head of an answer: its number, and how many bytes follow the first six."""
    if len(data) < at + HEAD_TCP:
        return None
    number, protocol, length = (int.from_bytes(data[at + part : at + part + 2]) for part in (0, 2, 4))
    return None if protocol or not 2 < length <= LONGEST_TCP - 6 else _Head(number, length)
