"""Collects the keys of a reader's keypad into PINs. Digits are only counted, never stored."""

from __future__ import annotations

ENTER_KEYS = frozenset((0x0D, 0x23))
"""`#`: OSDP sends 0Dh (SIA OSDP 2.2, osdp_KEYPAD), others the character."""
CLEAR_KEYS = frozenset((0x7F, 0x2A, 0x1B))
"""`*`: OSDP sends 7Fh, others the character; and escape."""
MAX_DIGITS = 32
"""The count of a longer PIN stays here."""


class PinCollector:
    """Counts the digits of a PIN. It ends with `#`, or after `timeout` seconds without a key. Times are in seconds."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._count = 0
        self._expires_at = 0.0

    def press(self, keys: bytes, now: float) -> list[int]:
        """Add keys and return the number of digits of each PIN they complete; `#` alone completes none."""
        finished = self.expire(now)  # first: keys after the timeout begin another PIN
        for key in keys:
            if key in ENTER_KEYS:
                finished += self._complete()
            elif key in CLEAR_KEYS:
                self._count = 0
            elif 0x30 <= key <= 0x39:
                self._count = min(self._count + 1, MAX_DIGITS)
        self._expires_at = now + self._timeout
        return finished

    def expire(self, now: float) -> list[int]:
        """Return the number of digits of an unfinished PIN once its timeout is over, in a list; else an empty list."""
        return self._complete() if now >= self._expires_at else []

    def _complete(self) -> list[int]:
        count, self._count = self._count, 0
        return [count] if count else []
