"""Reads the bits of a NAL unit, such as a parameter set or an SEI message (H.264, 7.2 and 9.1)."""

from __future__ import annotations

from gateway.errors import BadInput


class BitReader:
    """Raises BadInput when it is read beyond its end."""

    def __init__(self, nal: bytes, header: int) -> None:
        """`header` bytes at the front are skipped, and emulation prevention (H.264, 7.4.1) is undone."""
        self._nal = nal
        payload = nal[header:].replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(payload)
        self._left = 8 * len(payload)

    def read(self, count: int) -> int:
        """The next `count` bits as a number."""
        self._left -= count
        if self._left < 0:
            raise BadInput("a NAL unit ends too soon", self._nal)
        return self._value >> self._left & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        """Pass over `count` bits."""
        self.read(count)

    def read_flag(self) -> bool:
        """One bit, u(1)."""
        return self.read(1) == 1

    def read_ue(self) -> int:
        """An unsigned Exp-Golomb number, ue(v)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            # A valid code has at most 32 leading zeros (H.264, 9.1); more is garbage.
            if zeros > 32:
                raise BadInput("a NAL unit holds a number that is too large", self._nal)
        return (1 << zeros) - 1 + self.read(zeros)

    def read_se(self) -> int:
        """A signed Exp-Golomb number, se(v)."""
        number = self.read_ue()
        return (number + 1) // 2 if number % 2 else -(number // 2)
