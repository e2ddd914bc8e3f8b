"""Collects the keys of a reader's keypad into PINs. They stay in memory, and no longer than they are being entered."""

from __future__ import annotations

ENTER_KEYS = frozenset((0x0D, 0x23))
"""`#`: OSDP sends 0Dh (SIA OSDP 2.2, osdp_KEYPAD), others the character."""
CLEAR_KEYS = frozenset((0x7F, 0x2A, 0x1B))
"""`*`: OSDP sends 7Fh, others the character; and escape."""
MAX_DIGITS = 32
"""Digits after these are ignored: no PIN is so long."""


class PinCollector:
    """Collects the digits of a PIN. It ends with `#`, or after `timeout` seconds without a key. Times are in seconds.

    A PIN that ended by the timeout is reported as one, since many keypads have no `#`.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._digits = ""
        self._expires_at = 0.0

    def __repr__(self) -> str:
        """Without the digits: this may stand in a traceback."""
        return f"<PinCollector: {len(self._digits)} digits>"

    def press(self, keys: bytes, now: float) -> list[str]:
        """Add keys and return each PIN they complete; `#` alone completes none."""
        finished = self.expire(now)  # first: keys after the timeout begin another PIN
        for key in keys:
            if key in ENTER_KEYS:
                finished += self._complete()
            elif key in CLEAR_KEYS:
                self._digits = ""
            elif 0x30 <= key <= 0x39 and len(self._digits) < MAX_DIGITS:
                self._digits += chr(key)
        self._expires_at = now + self._timeout
        return finished

    def expire(self, now: float) -> list[str]:
        """Return an unfinished PIN once its timeout is over, in a list; else an empty list."""
        return self._complete() if now >= self._expires_at else []

    def _complete(self) -> list[str]:
        digits, self._digits = self._digits, ""
        return [digits] if digits else []
