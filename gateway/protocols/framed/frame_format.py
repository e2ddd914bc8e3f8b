"""Where a frame begins and ends. Frames are handled with start and end bytes and without escapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.protocols.framed.checksum import ByteOrder, ChecksumSettings
from gateway.protocols.framed.hex_bytes import HexByte, HexBytes
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

MAX_FRAME_BYTES = 1024
"""Bytes of the longest frame allowed: an RS-485 line at 9600 baud needs a second for it."""


class LengthSettings(Section):
    """The length field of a frame."""

    at: Annotated[int, Field(ge=0, lt=MAX_FRAME_BYTES, description="offset from the frame's first byte")]
    width: Literal[1, 2] = 1
    order: ByteOrder = "big"
    adjust: Annotated[
        int,
        Field(
            ge=-MAX_FRAME_BYTES,
            le=MAX_FRAME_BYTES,
            description="added to its value, gives the bytes of the whole frame",
        ),
    ] = 0


class EscapeSettings(Section):
    """Escaping: a content byte that equals a start, end or escape byte is sent as the escape byte and a second one."""

    byte: HexByte
    xor: Annotated[
        HexByte | None,
        Field(description="the second byte is the content byte XOR this; 00: doubled"),
    ] = None
    values: Annotated[Mapping[HexByte, HexByte], Field(description="second byte: the content byte it means")] = {}

    @model_validator(mode="after")
    def _check_rule(self) -> Self:
        if (self.xor is None) == (not self.values):
            raise Wrong("an escape needs one of xor and values", "write xor: '20', or values: {'01': '7D', …}")
        return self

    def unescape(self, second: int) -> int | None:
        """Return the byte that the escape byte followed by `second` means; None if the pair is invalid."""
        if self.xor is not None:
            return second ^ self.xor[0]
        found = self.values.get(bytes((second,)))
        return found[0] if found else None

    def escape(self, content: bytes, special: bytes) -> bytes:
        """Return `content` with every byte of `special` escaped."""
        pairs = {value[0]: self.byte + other for other, value in self.values.items()}
        if self.xor is not None:
            # XOR with 00 doubles the escape byte (DLE), and then only the escape byte itself needs it.
            escaped = special if self.xor != b"\0" else self.byte
            pairs = {byte: self.byte + bytes((byte ^ self.xor[0],)) for byte in {*escaped, *self.byte}}
        return b"".join(pairs.get(byte, bytes((byte,))) for byte in content)


class FrameFormat(Section):
    """Start and end bytes, size or length field, escaping and checksum of all frames of a line."""

    start: Annotated[HexBytes, Field(description="the bytes every frame begins with")] = b""
    size: Annotated[
        int | None, Field(ge=1, le=MAX_FRAME_BYTES, description="bytes of every frame, if all are of one size")
    ] = None
    length: Annotated[LengthSettings | None, Field(description="the length field")] = None
    end: Annotated[HexBytes, Field(description="the bytes every frame ends with")] = b""
    longest: Annotated[int, Field(ge=2, le=MAX_FRAME_BYTES, description="bytes of the longest frame")] = 256
    escape: EscapeSettings | None = None
    checksum: Annotated[ChecksumSettings | None, Field(description="the checksum, if frames have one")] = None

    @model_validator(mode="after")
    def _check_bounds(self) -> Self:
        if self.size is None and self.length is None and not self.end:
            raise Wrong("nothing says where a frame ends", "give one of size, length and end")
        if self.size is not None and self.length is not None:
            raise Wrong("size and length both say where a frame ends", "keep one", ("length",))
        if not self.start and not self.end and self.checksum is None:
            raise Wrong("nothing tells a frame from noise", "give start bytes or a checksum")
        if self.length is not None and self.length.at + self.length.width > self.longest:
            raise Wrong("the length lies beyond the longest frame", "correct its offset", ("length", "at"))
        return self

    @property
    def max_size(self) -> int:
        """Bytes of the longest frame, without escapes."""
        return self.size or self.longest

    @property
    def min_size(self) -> int:
        """Bytes of start, checksum and end together."""
        return len(self.start) + (self.checksum.width if self.checksum else 0) + len(self.end)

    def checksums(self, frame: bytes) -> tuple[bytes, bytes]:
        """Return the expected and the actual checksum of a frame.

        Both are empty if the format has none. If the frame is too short for one, they differ and the second is empty.
        """
        checksum = self.checksum
        if checksum is None:
            return b"", b""
        at = _from_front(-(checksum.width + len(self.end)) if checksum.at is None else checksum.at, frame)
        start = _from_front(len(self.start) if checksum.start is None else checksum.start, frame)
        stop = at if checksum.stop is None else _from_front(checksum.stop, frame)
        if not 0 <= at <= len(frame) - checksum.width or not 0 <= start <= stop <= len(frame):
            return b"?", b""
        actual = frame[at : at + checksum.width]
        return checksum.compute(frame[start:stop]), actual.upper() if checksum.text else actual

    def build(self, body: bytes) -> bytes:
        """Return the frame of `body`: all between start and checksum, with zeros in place of the length field."""
        checksum = self.checksum
        room = bytes(checksum.width) if checksum and checksum.at is None else b""
        frame = bytearray(self.start + body + room + self.end)
        # The length first: the checksum usually covers it.
        if self.length:
            at, width = self.length.at, self.length.width
            frame[at : at + width] = (len(frame) - self.length.adjust).to_bytes(width, self.length.order)
        if checksum:
            at = _from_front(-(checksum.width + len(self.end)) if checksum.at is None else checksum.at, frame)
            frame[at : at + checksum.width] = self.checksums(bytes(frame))[0]
        return bytes(frame)

    def to_wire(self, frame: bytes) -> bytes:
        """Return a frame as it is sent, escaped."""
        if self.escape is None:
            return frame
        # Start and end bytes mark the frame and are never escaped.
        stop = len(frame) - len(self.end)
        content = self.escape.escape(frame[len(self.start) : stop], self.start + self.end)
        return self.start + content + self.end


def _from_front(offset: int, frame: bytes | bytearray) -> int:
    return offset if offset >= 0 else len(frame) + offset
