"""Bits of a NAL unit: a parameter set, an SEI message (H.264, 7.2 and 9.1)."""

from __future__ import annotations

from gateway.errors import BadInput


class BitReader:
    """Raises BadInput at the end."""

    def __init__(self, nal: bytes, header: int) -> None:
        """`header` bytes at the front are skipped, and emulation prevention (H.264, 7.4.1) is undone."""
        self._nal = nal
        payload = nal[header:].replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(payload)
        self._left = 8 * len(payload)

    def take(self, count: int) -> int:
        """The next `count` bits as a number."""
        self._left -= count
        if self._left < 0:
            raise BadInput("a NAL unit ends too soon", self._nal)
        return self._value >> self._left & ((1 << count) - 1)

    def skip(self, count: int) -> None:
        self.take(count)

    def flag(self) -> bool:
        return self.take(1) == 1

    def unsigned(self) -> int:
        """ue(v)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise BadInput("a NAL unit holds a number that is too large", self._nal)
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """se(v)."""
        number = self.unsigned()
        return (number + 1) // 2 if number % 2 else -(number // 2)
