"""Keys of a reader's keypad, gathered to a PIN. It holds digits for seconds, tells how many, and forgets them."""

from __future__ import annotations

ENTER_KEYS = frozenset((0x0D, 0x23))
"""`#`: OSDP sends 0Dh (SIA OSDP 2.2, osdp_KEYPAD), others the character."""
CLEAR_KEYS = frozenset((0x7F, 0x2A, 0x1B))
"""`*`: OSDP sends 7Fh, others the character; and escape."""
MAX_DIGITS = 32


class PinCollector:
    """`pause` seconds without a key end a PIN that nobody finished with `#`."""

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._count = 0
        self._until = 0.0

    def press(self, keys: bytes, now: float) -> list[int]:
        """How many digits each PIN had that these keys finish; `#` alone finishes none."""
        finished = self.due(now)
        for key in keys:
            if key in ENTER_KEYS:
                finished += self._take()
            elif key in CLEAR_KEYS:
                self._count = 0
            elif 0x30 <= key <= 0x39:
                self._count = min(self._count + 1, MAX_DIGITS)
        self._until = now + self._pause
        return finished

    def due(self, now: float) -> list[int]:
        """The PIN that nobody finished, once its pause is over."""
        return self._take() if now >= self._until else []

    def _take(self) -> list[int]:
        count, self._count = self._count, 0
        return [count] if count else []
