"""Modbus framing: RTU (CRC) and TCP (MBAP header). Bytes in, frames out, no I/O.

RTU (Serial Line V1.02, 2.5.1) has no start byte and no length: a frame's start is found by trying the CRC, and bytes
before it are garbage. TCP (Messaging Guide V1.0b, 3.1.3) has a header with both.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from pymodbus.framer import FramerRTU, FramerSocket
from pymodbus.pdu import DecodePDU, ModbusPDU

from gateway.errors import BadInput
from gateway.model import Words

MAX_RTU_BYTES, MAX_TCP_BYTES = 256, 260
TCP_HEADER_BYTES = 7
READ_FUNCTIONS, FIXED_SIZE_FUNCTIONS = frozenset({1, 2, 3, 4}), frozenset({5, 6, 8, 15, 16})
"""Function codes whose responses carry a byte count, and those whose responses are 8 bytes long on RTU."""
MAX_SURPLUS_BYTES = 4
"""Bytes too many after a TCP response that are skipped."""


class ModbusFrame(NamedTuple):
    """One whole response; `transaction_id` is 0 on RTU."""

    unit: int
    pdu: bytes
    transaction_id: int = 0


class ModbusFramer(ABC):
    """Encodes requests and splits received bytes into responses. Bytes that make no frame are kept as garbage."""

    has_transaction_ids: bool

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._garbage = bytearray()

    @abstractmethod
    def encode(self, unit: int, transaction_id: int, pdu: ModbusPDU) -> bytes:
        """The frame of a request."""

    @abstractmethod
    def feed(self, data: bytes) -> list[ModbusFrame]:
        """Every whole frame so far. Raises BadInput when no frame can ever be found again."""

    def line_idle(self) -> None:
        """The line has gone idle: an incomplete frame in the buffer is garbage."""
        self._discard(len(self._buffer))

    def partial_response(self, transaction_id: int) -> tuple[int, int] | None:  # noqa: ARG002  # for framers that know lengths
        """Bytes received and bytes announced of an incomplete response to that request; None if there is none."""
        return None

    def take_garbage(self) -> bytes:
        """Return the garbage since the last call, at most 256 bytes, and clear it."""
        taken = bytes(self._garbage)
        self._garbage.clear()
        return taken

    def _discard(self, count: int) -> None:
        self._garbage += self._buffer[:count]
        # Keep the newest garbage only: it is shown to the installer, and must stay bounded.
        del self._garbage[:-MAX_RTU_BYTES]
        del self._buffer[:count]


class RtuFramer(ModbusFramer):
    """Finds frames by their CRC."""

    has_transaction_ids = False

    def encode(self, unit: int, transaction_id: int, pdu: ModbusPDU) -> bytes:  # noqa: ARG002  # RTU has no such id
        """Unit, PDU and CRC."""
        pdu.dev_id = unit
        return FramerRTU(DecodePDU(is_server=False)).buildFrame(pdu)

    def feed(self, data: bytes) -> list[ModbusFrame]:
        """Every whole frame so far; never raises."""
        frames = []
        # In steps of one frame, so that the buffer stays bounded whatever arrives at once.
        for at in range(0, len(data), MAX_RTU_BYTES):
            self._buffer += data[at : at + MAX_RTU_BYTES]
            frames += self._split_frames()
        return frames

    def _split_frames(self) -> list[ModbusFrame]:
        """Try each byte as the start of a frame; keep the buffer from the first one that may still become one."""
        frames, at, incomplete = [], 0, None
        while at < len(self._buffer):
            end = self._frame_end(at)
            if end is None:
                incomplete = at if incomplete is None else incomplete
            elif end:
                self._discard(at)
                frame = bytes(self._buffer[: end - at])
                del self._buffer[: end - at]
                frames.append(ModbusFrame(frame[0], frame[1:-2]))
                at, incomplete = 0, None
                continue
            at += 1
        self._discard(len(self._buffer) if incomplete is None else incomplete)
        return frames

    def _frame_end(self, at: int) -> int | None:
        """Where the frame that begins at `at` ends; None: not yet known; 0: no frame begins there."""
        available = len(self._buffer) - at
        if available < 2:
            return None
        function = self._buffer[at + 1]
        # Unit, function code, byte count, data, CRC: the byte count may not have arrived yet.
        if function in READ_FUNCTIONS:
            size = None if available < 3 else 5 + self._buffer[at + 2]
        elif function in FIXED_SIZE_FUNCTIONS:
            size = 8
        else:  # an exception response, or no response at all
            size = 5 if function & 0x7F in READ_FUNCTIONS | FIXED_SIZE_FUNCTIONS else 0
        if size == 0 or (size is not None and size > MAX_RTU_BYTES):
            return 0
        if size is None or available < size:
            return None
        frame = bytes(self._buffer[at : at + size])
        return at + size if FramerRTU.check_CRC(frame[:-2], int.from_bytes(frame[-2:])) else 0


class TcpFramer(ModbusFramer):
    """Reads MBAP headers; recovers from a device that sends a few bytes too many, or too few, after a response."""

    has_transaction_ids = True

    def __init__(self) -> None:
        super().__init__()
        self._last_transaction_id = 0
        self._is_partial = False
        self._is_modbus = False

    def encode(self, unit: int, transaction_id: int, pdu: ModbusPDU) -> bytes:
        """MBAP header and PDU."""
        pdu.dev_id, pdu.transaction_id = unit, transaction_id
        self._last_transaction_id = transaction_id
        return FramerSocket(DecodePDU(is_server=False)).buildFrame(pdu)

    def feed(self, data: bytes) -> list[ModbusFrame]:
        """Every whole frame so far; raises BadInput when the stream can't be resynchronised."""
        if self._is_partial and (head := _parse_header(data, 0)) and head.transaction_id == self._last_transaction_id:
            self._discard(len(self._buffer))  # the remainder of an older response never came
        self._is_partial = False
        self._buffer += data
        frames = []
        while len(self._buffer) >= TCP_HEADER_BYTES:
            head = _parse_header(self._buffer, 0) or self._resynchronise()
            if head is None or len(self._buffer) < 6 + head.length:
                break
            pdu = bytes(self._buffer[TCP_HEADER_BYTES : 6 + head.length])
            frames.append(ModbusFrame(self._buffer[6], pdu, head.transaction_id))
            del self._buffer[: 6 + head.length]
            self._is_modbus = True
        return frames

    def line_idle(self) -> None:
        """Keep an incomplete response: a TCP segment may be late. It is dropped if the next response begins instead."""
        self._is_partial = bool(self._buffer)

    def partial_response(self, transaction_id: int) -> tuple[int, int] | None:
        """PDU bytes received and announced, if the buffer holds an incomplete response to that request."""
        head = _parse_header(self._buffer, 0)
        if head is None or head.transaction_id != transaction_id:
            return None
        return len(self._buffer) - TCP_HEADER_BYTES, head.length - 1

    def _resynchronise(self) -> _MbapHeader | None:
        """Skip surplus bytes before the next header; None until that is complete. Raises BadInput."""
        # Only after a first good frame: another protocol on this port must be reported, not searched for headers.
        if self._is_modbus:
            for at in range(1, MAX_SURPLUS_BYTES + 1):
                if (head := _parse_header(self._buffer, at)) and head.transaction_id == self._last_transaction_id:
                    self._discard(at)
                    return head
            if len(self._buffer) < TCP_HEADER_BYTES + MAX_SURPLUS_BYTES:
                return None
        self._discard(len(self._buffer))
        raise BadInput(Words("不是 Modbus TCP", "this is no Modbus TCP"), self.take_garbage())


class _MbapHeader(NamedTuple):
    transaction_id: int
    length: int


def _parse_header(data: bytes | bytearray, at: int) -> _MbapHeader | None:
    """The MBAP header at `at`, None if there is none. `length` counts the bytes after the first six."""
    if len(data) < at + TCP_HEADER_BYTES:
        return None
    transaction_id, protocol, length = (int.from_bytes(data[at + field : at + field + 2]) for field in (0, 2, 4))
    # Protocol 0 is Modbus; length counts at least unit, function code and one byte of data.
    return None if protocol or not 2 < length <= MAX_TCP_BYTES - 6 else _MbapHeader(transaction_id, length)
