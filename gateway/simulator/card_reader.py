"""A simulated serial card reader or Wiegand converter: it only sends. It shares no code with the driver."""

from __future__ import annotations

import os
from functools import reduce
from operator import xor


class CardReaderTwin:
    """`fd` is the device's end of the line. Each method sends one card in the format of such a reader."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def decimal(self, number: int) -> None:
        """Ten decimal digits."""
        self.write(f"{number:010d}\r\n".encode())

    def hexadecimal(self, code: str) -> None:
        """The code as given, and a line end."""
        self.write(f"{code}\r\n".encode())

    def facility_number(self, facility: int, number: int) -> None:
        """Facility and number, decimal, with a comma."""
        self.write(f"{facility:03d},{number:05d}\r\n".encode())

    def stx_hex(self, version: int, number: int, *, line_end: bool = False) -> None:
        """As RDM6300; with `line_end` as ID-12."""
        data = bytes((version,)) + number.to_bytes(4)
        text = f"{data.hex().upper()}{reduce(xor, data):02X}".encode() + (b"\r\n" if line_end else b"")
        self.write(b"\x02" + text + b"\x03")

    def wiegand26(self, facility: int, number: int) -> None:
        """The 24 bits between the parity bits, as WIE232 prints them."""
        self.write(f"{facility:02X}{number:04X}\r".encode())

    def wiegand_bits(self, facility: int, number: int) -> None:
        """All 26 bits, including parity."""
        data = f"{facility:08b}{number:016b}"
        even, odd = data[:12].count("1") % 2, 1 - data[12:].count("1") % 2
        self.write(f"{even}{data}{odd}\r\n".encode())

    def write(self, data: bytes) -> None:
        """Any bytes."""
        os.write(self._fd, data)
