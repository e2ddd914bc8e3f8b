"""Wiegand bits to card numbers.

Bits are counted from 0, the first one sent. Layouts are those that vendors print; their bit positions agree with
the open reference of the field, `client/src/wiegand_formats.c` of the Proxmark3 project:

| name   | bits | facility | number | even parity of | odd parity of | where from                                  |
|--------|------|----------|--------|----------------|---------------|---------------------------------------------|
| H10301 | 26   | 1-8      | 9-24   | 1-12 (bit 0)   | 13-24 (25)    | SIA AC-01-1996.10, the "standard 26 bit"    |
| H10306 | 34   | 1-16     | 17-32  | 1-16 (bit 0)   | 17-32 (33)    | HID's 34 bit with a facility                |
| WG34   | 34   | -        | 1-32   | as H10306      | as H10306     | readers that send a card's 4 byte serial    |
| H10302 | 37   | -        | 1-35   | 1-18 (bit 0)   | 18-35 (36)    | HID's 37 bit without a facility             |
| H10304 | 37   | 1-16     | 17-35  | as H10302      | as H10302     | HID's 37 bit with a facility                |

26 bits have only one layout; 34 and 37 have two each, and only the installer knows which.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.credential.credential import Credential

MAX_BITS = 512
"""A reader that sends more is broken: the longest card data in use (PIV) has 256 bits."""


@dataclass(frozen=True, slots=True)
class BitRange:
    """`length` bits, starting at bit `first`."""

    first: int
    length: int

    def extract(self, value: int, bits: int) -> int:
        """Return these bits of a card of `bits` bits."""
        return value >> bits - self.first - self.length & (1 << self.length) - 1


@dataclass(frozen=True, slots=True)
class WiegandLayout:
    """A layout. Bit 0 is the even parity of the range `even`, the last bit the odd parity of `odd`."""

    bits: int
    number: BitRange
    facility: BitRange | None
    even: BitRange
    odd: BitRange

    def has_valid_parity(self, value: int) -> bool:
        """Return True if both parity bits are right."""
        first, last = value >> self.bits - 1 & 1, value & 1
        return (
            self.even.extract(value, self.bits).bit_count() % 2 == first
            and self.odd.extract(value, self.bits).bit_count() % 2 != last
        )


_PARITY_34 = (BitRange(1, 16), BitRange(17, 16))
_PARITY_37 = (BitRange(1, 18), BitRange(18, 18))
LAYOUTS = {
    "H10301": WiegandLayout(26, BitRange(9, 16), BitRange(1, 8), BitRange(1, 12), BitRange(13, 12)),
    "H10306": WiegandLayout(34, BitRange(17, 16), BitRange(1, 16), *_PARITY_34),
    "WG34": WiegandLayout(34, BitRange(1, 32), None, *_PARITY_34),
    "H10302": WiegandLayout(37, BitRange(1, 35), None, *_PARITY_37),
    "H10304": WiegandLayout(37, BitRange(17, 19), BitRange(1, 16), *_PARITY_37),
}
BY_LENGTH = {26: "H10301", 34: "WG34", 37: "H10302"}
"""Number of bits → the layout that `auto` assumes; other lengths are read as `raw`."""
FORMATS = ("auto", "raw", *LAYOUTS)


def decode(value: int, bits: int, name: str = "auto") -> Credential:
    """Return the card of these bits, the first one sent highest. Raises BadInput if they don't fit the layout.

    `raw` accepts any number of bits and returns them as hexadecimal digits, padded with zeros in front.
    """
    data = value.to_bytes((bits + 7) // 8) if 0 <= value < 1 << bits <= 1 << MAX_BITS else b""
    if not data:
        raise BadInput(Words(f"卡号 {bits} 位", f"a card of {bits} bits"), data)
    if name == "auto":
        name = BY_LENGTH.get(bits, "raw")
    layout = LAYOUTS.get(name)
    if layout is None:
        return Credential("raw", code=f"{value:0{(bits + 3) // 4}x}", bits=bits)
    if layout.bits != bits:
        raise BadInput(
            Words(
                f"卡号 {bits} 位，而 {name} 为 {layout.bits} 位", f"a card of {bits} bits, and {name} has {layout.bits}"
            ),
            data,
        )
    if not layout.has_valid_parity(value):
        raise BadInput(
            Words(
                f"卡号 {bits} 位，奇偶校验不符合 {name}", f"a card of {bits} bits whose parity is not that of {name}"
            ),
            data,
        )
    facility = layout.facility.extract(value, bits) if layout.facility else None
    return Credential(name, number=layout.number.extract(value, bits), facility=facility, bits=bits)


def encode(name: str, number: int, facility: int = 0) -> tuple[int, int]:
    """Return the bits of a card and their number, as `decode` takes them. ValueError if a number is too large."""
    layout = LAYOUTS[name]
    value = _shifted(layout, layout.number, number)
    if layout.facility:
        value |= _shifted(layout, layout.facility, facility)
    # Neither range contains a parity bit, so the order does not matter.
    value |= (layout.even.extract(value, layout.bits).bit_count() % 2) << layout.bits - 1
    value |= (layout.odd.extract(value, layout.bits).bit_count() + 1) % 2
    return value, layout.bits


def _shifted(layout: WiegandLayout, span: BitRange, part: int) -> int:
    if not 0 <= part < 1 << span.length:
        raise ValueError(f"{part} does not fit in {span.length} bits")
    return part << layout.bits - span.first - span.length


def from_bytes(data: bytes, bits: int) -> int:
    """Return the bits as a number. Readers pack them with the first one highest; the last byte is filled up below.

    Raises BadInput if there are too few bytes.
    """
    if not 0 < bits <= len(data) * 8:
        raise BadInput(
            Words(f"卡号 {bits} 位，只有 {len(data)} 字节", f"a card of {bits} bits in {len(data)} bytes"), data
        )
    return int.from_bytes(data[: (bits + 7) // 8]) >> (-bits % 8)
