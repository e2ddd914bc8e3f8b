"""A serial reader or Wiegand converter: it prints a card, and hears nothing. It shares no code with the driver."""

from __future__ import annotations

import os
from functools import reduce
from operator import xor


class CardPrinter:
    """`fd` is the device's end of the line. Each method prints one card as such a reader does."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def decimal(self, number: int) -> None:
        self.say(f"{number:010d}\r\n".encode())

    def hexadecimal(self, code: str) -> None:
        self.say(f"{code}\r\n".encode())

    def facility_number(self, facility: int, number: int) -> None:
        self.say(f"{facility:03d},{number:05d}\r\n".encode())

    def stx_hex(self, version: int, number: int, *, line_end: bool = False) -> None:
        """As RDM6300; with `line_end` as ID-12."""
        data = bytes((version,)) + number.to_bytes(4)
        text = f"{data.hex().upper()}{reduce(xor, data):02X}".encode() + (b"\r\n" if line_end else b"")
        self.say(b"\x02" + text + b"\x03")

    def wiegand26(self, facility: int, number: int) -> None:
        """The 24 bits between the parities, as WIE232 prints them."""
        self.say(f"{facility:02X}{number:04X}\r".encode())

    def wiegand_bits(self, facility: int, number: int) -> None:
        """All 26 bits, parities with them."""
        data = f"{facility:08b}{number:016b}"
        even, odd = data[:12].count("1") % 2, 1 - data[12:].count("1") % 2
        self.say(f"{even}{data}{odd}\r\n".encode())

    def say(self, data: bytes) -> None:
        os.write(self._fd, data)
