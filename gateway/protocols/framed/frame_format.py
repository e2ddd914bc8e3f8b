"""Where a frame begins and where it ends; a frame is taken with start and end, and without escapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.protocols.framed.checksum import ByteOrder, ChecksumSettings
from gateway.protocols.framed.hex_bytes import HexByte, HexBytes, to_hex
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

MAX_FRAME_BYTES = 1024
"""Bytes a frame may have: an RS-485 line at 9600 baud needs a second for so many."""


class LengthSettings(Section):
    at: Annotated[int, Field(ge=0, lt=MAX_FRAME_BYTES, description="its offset from the frame's first byte")]
    width: Literal[1, 2] = 1
    order: ByteOrder = "big"
    adjust: Annotated[
        int,
        Field(
            ge=-MAX_FRAME_BYTES,
            le=MAX_FRAME_BYTES,
            description="what is added to it to get the bytes of the whole frame",
        ),
    ] = 0


class EscapeSettings(Section):
    """A byte of the content that looks like start, end or escape is sent as the escape byte and another."""

    byte: HexByte
    xor: Annotated[HexByte | None, Field(description="the other is the byte XOR this; 00: it is doubled")] = None
    values: Annotated[Mapping[HexByte, HexByte], Field(description="the other: the byte it stands for")] = {}

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.xor is None) == (not self.values):
            raise Wrong("an escape needs one of xor and values", "write xor: '20', or values: {'01': '7D', …}")
        return self

    def meaning(self, second: int) -> int | None:
        """The byte that the escape byte and `second` stand for; None: nothing does."""
        if self.xor is not None:
            return second ^ self.xor[0]
        found = self.values.get(bytes((second,)))
        return found[0] if found else None

    def escaped(self, content: bytes, special: bytes) -> bytes:
        """`content` as it is sent, when `special` may not stand in it."""
        stands_for = {value[0]: self.byte + other for other, value in self.values.items()}
        if self.xor is not None:
            wanted = special if self.xor != b"\0" else self.byte
            stands_for = {byte: self.byte + bytes((byte ^ self.xor[0],)) for byte in {*wanted, *self.byte}}
        return b"".join(stands_for.get(byte, bytes((byte,))) for byte in content)


class FrameFormat(Section):
    start: Annotated[HexBytes, Field(description="the bytes every frame begins with")] = b""
    size: Annotated[
        int | None, Field(ge=1, le=MAX_FRAME_BYTES, description="bytes of every frame, if all are of one size")
    ] = None
    length: Annotated[LengthSettings | None, Field(description="the field that says how long the frame is")] = None
    end: Annotated[HexBytes, Field(description="the bytes every frame ends with")] = b""
    longest: Annotated[int, Field(ge=2, le=MAX_FRAME_BYTES, description="bytes the longest frame has")] = 256
    escape: EscapeSettings | None = None
    checksum: Annotated[ChecksumSettings | None, Field(description="what proves a frame; left out: nothing does")] = (
        None
    )

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if self.size is None and self.length is None and not self.end:
            raise Wrong("nothing says where a frame ends", "give one of size, length and end")
        if self.size is not None and self.length is not None:
            raise Wrong("size and length both say where a frame ends", "keep one", ("length",))
        if not self.start and not self.end and self.checksum is None:
            raise Wrong("nothing tells a frame from noise", "give start bytes or a checksum")
        if self.length is not None and self.length.at + self.length.width > self.longest:
            raise Wrong("the length lies beyond the longest frame", "put its offset right", ("length", "at"))
        return self

    @property
    def most(self) -> int:
        """Bytes the longest frame has."""
        return self.size or self.longest

    @property
    def least(self) -> int:
        """Bytes that start, checksum and end take."""
        return len(self.start) + (self.checksum.width if self.checksum else 0) + len(self.end)

    def proof(self, frame: bytes) -> tuple[bytes, bytes]:
        """The checksum as it must be and as it is; both empty without one, both different if there is no room."""
        sum_ = self.checksum
        if sum_ is None:
            return b"", b""
        at = _from_front(-(sum_.width + len(self.end)) if sum_.at is None else sum_.at, frame)
        start = _from_front(len(self.start) if sum_.start is None else sum_.start, frame)
        stop = at if sum_.stop is None else _from_front(sum_.stop, frame)
        if not 0 <= at <= len(frame) - sum_.width or not 0 <= start <= stop <= len(frame):
            return b"?", b""
        stands = frame[at : at + sum_.width]
        return sum_.of(frame[start:stop]), stands.upper() if sum_.text else stands

    def whole(self, body: bytes) -> bytes:
        """A frame around `body`, which is all between start and checksum, its length left to be filled in."""
        sum_ = self.checksum
        room = bytes(sum_.width) if sum_ and sum_.at is None else b""
        frame = bytearray(self.start + body + room + self.end)
        if self.length:
            at, width = self.length.at, self.length.width
            frame[at : at + width] = (len(frame) - self.length.adjust).to_bytes(width, self.length.order)
        if sum_:
            at = _from_front(-(sum_.width + len(self.end)) if sum_.at is None else sum_.at, frame)
            frame[at : at + sum_.width] = self.proof(bytes(frame))[0]
        return bytes(frame)

    def sent(self, frame: bytes) -> bytes:
        """A whole frame as it goes over the wire."""
        if self.escape is None:
            return frame
        stop = len(frame) - len(self.end)
        content = self.escape.escaped(frame[len(self.start) : stop], self.start + self.end)
        return self.start + content + self.end

    def __str__(self) -> str:
        return f"{to_hex(self.start)} … {to_hex(self.end)}".strip()


def _from_front(offset: int, frame: bytes | bytearray) -> int:
    return offset if offset >= 0 else len(frame) + offset
