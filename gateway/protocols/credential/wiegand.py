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

The length alone tells the layout of 26 bits; 34 and 37 have two each, which only the installer knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.errors import BadInput
from gateway.model import Words
from gateway.protocols.credential.credential import Credential

MAX_BITS = 512
"""A reader that sends more is broken: the longest card data in use (PIV) has 256."""


@dataclass(frozen=True, slots=True)
class BitRange:
    """`length` bits from bit `first` on."""

    first: int
    length: int

    def of(self, value: int, bits: int) -> int:
        return value >> bits - self.first - self.length & (1 << self.length) - 1


@dataclass(frozen=True, slots=True)
class WiegandLayout:
    """Bit 0 makes the ones of `even` even, the last bit those of `odd` odd."""

    bits: int
    number: BitRange
    facility: BitRange | None
    even: BitRange
    odd: BitRange

    def holds(self, value: int) -> bool:
        """Whether both parities are right."""
        first, last = value >> self.bits - 1 & 1, value & 1
        return (
            self.even.of(value, self.bits).bit_count() % 2 == first
            and self.odd.of(value, self.bits).bit_count() % 2 != last
        )


_34 = (BitRange(1, 16), BitRange(17, 16))
_37 = (BitRange(1, 18), BitRange(18, 18))
LAYOUTS = {
    "H10301": WiegandLayout(26, BitRange(9, 16), BitRange(1, 8), BitRange(1, 12), BitRange(13, 12)),
    "H10306": WiegandLayout(34, BitRange(17, 16), BitRange(1, 16), *_34),
    "WG34": WiegandLayout(34, BitRange(1, 32), None, *_34),
    "H10302": WiegandLayout(37, BitRange(1, 35), None, *_37),
    "H10304": WiegandLayout(37, BitRange(17, 19), BitRange(1, 16), *_37),
}
BY_LENGTH = {26: "H10301", 34: "WG34", 37: "H10302"}
"""What `auto` takes a card of so many bits for; of other lengths it tells the bits as they are."""
FORMATS = ("auto", "raw", *LAYOUTS)


def decode(value: int, bits: int, name: str = "auto") -> Credential:
    """The card of these bits, the first one sent highest. BadInput when they don't fit the layout.

    `raw` takes any number of bits and tells them as hexadecimal digits, padded with zeros in front.
    """
    shown = value.to_bytes((bits + 7) // 8) if 0 <= value < 1 << bits <= 1 << MAX_BITS else b""
    if not shown:
        raise BadInput(Words(f"卡号 {bits} 位", f"a card of {bits} bits"), shown)
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
            shown,
        )
    if not layout.holds(value):
        raise BadInput(
            Words(
                f"卡号 {bits} 位，奇偶校验不符合 {name}", f"a card of {bits} bits whose parity is not that of {name}"
            ),
            shown,
        )
    facility = layout.facility.of(value, bits) if layout.facility else None
    return Credential(name, number=layout.number.of(value, bits), facility=facility, bits=bits)


def encode(name: str, number: int, facility: int = 0) -> tuple[int, int]:
    """The bits of a card, and how many: what `decode` takes. ValueError when the number does not fit."""
    layout = LAYOUTS[name]
    value = _place(layout, layout.number, number)
    if layout.facility:
        value |= _place(layout, layout.facility, facility)
    value |= (layout.even.of(value, layout.bits).bit_count() % 2) << layout.bits - 1
    value |= (layout.odd.of(value, layout.bits).bit_count() + 1) % 2
    return value, layout.bits


def _place(layout: WiegandLayout, span: BitRange, part: int) -> int:
    if not 0 <= part < 1 << span.length:
        raise ValueError(f"{part} does not fit in {span.length} bits")
    return part << layout.bits - span.first - span.length


def from_bytes(data: bytes, bits: int) -> int:
    """Bits as readers pack them: the first one highest in the first byte, the rest of the last byte unused.

    BadInput when there are fewer bytes than bits.
    """
    if not 0 < bits <= len(data) * 8:
        raise BadInput(
            Words(f"卡号 {bits} 位，只有 {len(data)} 字节", f"a card of {bits} bits in {len(data)} bytes"), data
        )
    return int.from_bytes(data[: (bits + 7) // 8]) >> (-bits % 8)
