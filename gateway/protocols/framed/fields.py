"""Fields of a frame: numbers and text, read from received frames and written into sent ones."""

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
"""Integer types → bytes."""


TEXTS = frozenset({"ascii", "hex"})
"""Types whose values are text."""


def _as_number(key: object) -> object:
    if not isinstance(key, str):
        return key
    try:
        return int(key, 0 if key.lower().startswith("0x") else 10)
    except ValueError:
        raise Wrong(f"{key!r} is no number", "write a number in front of each name", ("values", key)) from None


class FieldSettings(Section):
    """Place and type of a field. `bits` reads the bytes as a number and takes `count` bits from `bit` (0: lowest)."""

    at: Annotated[
        int,
        Field(
            gt=-MAX_FRAME_BYTES, lt=MAX_FRAME_BYTES, description="offset from the frame's first byte; -1 is its last"
        ),
    ]
    type: Annotated[
        FieldType, Field(description="u8 u16 u24 u32, bits, bcd, ascii (text), digits (a number as text), hex")
    ] = "u8"
    width: Annotated[int | None, Field(ge=1, le=MAX_FRAME_BYTES, description="bytes; not needed for u8 to u32")] = None
    order: Annotated[ByteOrder | None, Field(description="byte order; by default that of the device")] = None
    bit: Annotated[int | None, Field(ge=0, description="for bits: the lowest one; 0 is the number's lowest")] = None
    count: Annotated[int | None, Field(ge=1, description="for bits: number of bits; 1 if bit is given")] = None
    values: Annotated[Mapping[int | str, str], Field(description="names of its values")] = {}

    @model_validator(mode="after")
    def _check_size(self) -> Self:
        own = NUMBERS.get(self.type)
        if own and self.width not in {None, own}:
            raise Wrong(f"a {self.type} has {own} bytes", "leave out width, or choose another type", ("width",))
        if self.type != "bits" and (self.bit is not None or self.count is not None):
            raise Wrong("bit and count are for type: bits", "write type: bits", ("type",))
        if self.type == "bits" and self.first_bit + self.bit_count > self.size * 8:
            raise Wrong(f"{self.size} bytes have {self.size * 8} bits", "give it more width", ("width",))
        if self.at < 0 and self.at + self.size > 0:
            raise Wrong(f"{self.size} bytes from {self.at} on are beyond the frame", f"begin at {-self.size}", ("at",))
        return self

    @model_validator(mode="before")
    @classmethod
    def _parse_numbers(cls, given: Any) -> Any:
        """Parse the keys of `values`, which come as written: `0x01` is the number 1, unless the field is text."""
        if not isinstance(given, dict) or not isinstance(given.get("values"), dict) or given.get("type") in TEXTS:
            return given
        return {**given, "values": {_as_number(key): word for key, word in given["values"].items()}}

    @property
    def size(self) -> int:
        """Bytes of the field."""
        return self.width or NUMBERS.get(self.type, 1)

    @property
    def first_bit(self) -> int:
        """Lowest bit of a field of bits."""
        return self.bit or 0

    @property
    def bit_count(self) -> int:
        """Bits in a field of bits."""
        return self.count or (1 if self.bit is not None else self.size * 8 - self.first_bit)

    def read(self, frame: bytes, order: ByteOrder) -> Value | None:
        """Return the value in this frame, by its name if `values` has one.

        None if the frame is too short or the bytes are not valid for the type.
        """
        at = self.at if self.at >= 0 else len(frame) + self.at  # of a short frame this may be negative
        raw = frame[at : at + self.size]
        if at < 0 or len(raw) < self.size:
            return None
        value = self._decode(raw, self.order or order)
        return value if value is None else self.values.get(value, value)

    def _decode(self, raw: bytes, order: ByteOrder) -> Value | None:
        match self.type:
            case "bits":
                return int.from_bytes(raw, order) >> self.first_bit & (1 << self.bit_count) - 1
            case "bcd":
                digits = raw.hex()
                return int(digits) if digits.isdecimal() else None
            case "ascii" | "digits":
                text = raw.decode("ascii", "replace").strip("\0 ")
                if self.type == "ascii":
                    return text if text.isprintable() and text.isascii() else None
                return int(text) if text.isdecimal() else None
            case "hex":
                return raw.hex().upper()
        return int.from_bytes(raw, order)

    def write(self, value: Value, order: ByteOrder) -> bytes:
        """Return the bytes of a value or of its name. Raises ValueError or OverflowError if it does not fit."""
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
                return (int(raw) << self.first_bit).to_bytes(size, self.order or order)
        if len(written) != size:
            raise ValueError(f"{value!r} does not fit into {size} bytes")
        return written
