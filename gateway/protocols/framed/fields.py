"""Numbers and words in a frame, and how they are written into one that is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from gateway.protocols.framed.checksum import ByteOrder
from gateway.protocols.framed.frame_format import MAX_FRAME_BYTES
from gateway.settings.mend import Wrong
from gateway.settings.section import Section

Value = int | str
FieldType = Literal["u8", "u16", "u24", "u32", "bits", "bcd", "ascii", "digits", "hex"]
NUMBERS: Mapping[str, int] = {"u8": 1, "u16": 2, "u24": 3, "u32": 4}


TEXTS = frozenset({"ascii", "hex"})
"""Types whose values are text."""


def _number(key: object) -> object:
    if not isinstance(key, str):
        return key
    try:
        return int(key, 0 if key.lower().startswith("0x") else 10)
    except ValueError:
        raise Wrong(f"{key!r} is no number", "write numbers before the words", ("values", key)) from None


class FieldSettings(Section):
    """`bits` reads whole bytes as one number, of which `count` bits from `bit` (0: the lowest) count."""

    at: Annotated[
        int,
        Field(
            gt=-MAX_FRAME_BYTES, lt=MAX_FRAME_BYTES, description="offset from the frame's first byte; -1 is its last"
        ),
    ]
    type: Annotated[
        FieldType, Field(description="u8 u16 u24 u32, bits, bcd, ascii (text), digits (a number as text), hex")
    ] = "u8"
    width: Annotated[int | None, Field(ge=1, le=MAX_FRAME_BYTES, description="bytes; numbers know theirs")] = None
    order: Annotated[ByteOrder | None, Field(description="which byte comes first; else as the whole line's order")] = (
        None
    )
    bit: Annotated[int | None, Field(ge=0, description="for bits: the lowest one, 0 is the lowest of the number")] = (
        None
    )
    count: Annotated[int | None, Field(ge=1, description="for bits: how many; one, if bit is given")] = None
    values: Annotated[Mapping[int | str, str], Field(description="words for its values")] = {}

    @model_validator(mode="after")
    def _fits(self) -> Self:
        own = NUMBERS.get(self.type)
        if own and self.width not in {None, own}:
            raise Wrong(f"a {self.type} has {own} bytes", "leave out width, or choose another type", ("width",))
        if self.type != "bits" and (self.bit is not None or self.count is not None):
            raise Wrong("bit and count are for type: bits", "write type: bits", ("type",))
        if self.type == "bits" and self.first + self.many > self.size * 8:
            raise Wrong(f"{self.size} bytes have {self.size * 8} bits", "give it more width", ("width",))
        if self.at < 0 and self.at + self.size > 0:
            raise Wrong(f"{self.size} bytes from {self.at} on go beyond the frame", f"begin at {-self.size}", ("at",))
        return self

    @model_validator(mode="before")
    @classmethod
    def _numbered(cls, given: Any) -> Any:
        """Keys come as they were written: `0x01` is the number 1, unless the field reads text."""
        if not isinstance(given, dict) or not isinstance(given.get("values"), dict) or given.get("type") in TEXTS:
            return given
        return {**given, "values": {_number(key): word for key, word in given["values"].items()}}

    @property
    def size(self) -> int:
        return self.width or NUMBERS.get(self.type, 1)

    @property
    def first(self) -> int:
        return self.bit or 0

    @property
    def many(self) -> int:
        """Bits that count."""
        return self.count or (1 if self.bit is not None else self.size * 8 - self.first)

    def read(self, frame: bytes, order: ByteOrder) -> Value | None:
        """What it says in this frame, in its word if it has one; None where the frame is too short or it is garbled."""
        at = self.at if self.at >= 0 else len(frame) + self.at
        piece = frame[at : at + self.size]
        if at < 0 or len(piece) < self.size:
            return None
        value = self._value(piece, self.order or order)
        return value if value is None else self.values.get(value, value)

    def _value(self, piece: bytes, order: ByteOrder) -> Value | None:
        match self.type:
            case "bits":
                return int.from_bytes(piece, order) >> self.first & (1 << self.many) - 1
            case "bcd":
                digits = piece.hex()
                return int(digits) if digits.isdecimal() else None
            case "ascii" | "digits":
                text = piece.decode("ascii", "replace").strip("\0 ")
                if self.type == "ascii":
                    return text if text.isprintable() and text.isascii() else None
                return int(text) if text.isdecimal() else None
            case "hex":
                return piece.hex().upper()
        return int.from_bytes(piece, order)

    def write(self, value: Value, order: ByteOrder) -> bytes:
        """The same bytes back; raises ValueError when it does not fit."""
        raw = next((key for key, word in self.values.items() if word == value), value)
        size = self.size
        match self.type:
            case "bcd":
                written = bytes.fromhex(f"{int(raw):0{size * 2}d}")
            case "ascii":
                written = str(raw).encode("ascii").ljust(size)
            case "digits":
                written = f"{int(raw):0{size}d}".encode()
            case "hex":
                written = bytes.fromhex(str(raw))
            case _:
                return (int(raw) << self.first).to_bytes(size, self.order or order)
        if len(written) != size:
            raise ValueError(f"{value!r} does not fit into {size} bytes")
        return written
