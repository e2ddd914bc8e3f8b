"""Tells a panel's new message from a repetition, by sequence number and content.

The sequence number alone is not enough: it wraps from 9999 to 0001, starts again when the panel restarts, and some
panels never change it. A message is a certain repetition only of the message directly before it.
"""

from __future__ import annotations

from gateway.protocols.dc09.message import NULL, Dc09Message

LAST_SEQUENCE = 9999
MAX_REORDERING = 8
"""Messages by which a UDP datagram may arrive late; a number further back means that the panel started again."""


class SequenceTracker:
    """Remembers the last message of each account. Not persisted: after a restart the journal finds repetitions."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, int, str]] = {}

    def is_new(self, message: Dc09Message) -> bool:
        """Return True if the message can't be a repetition; False leaves it to the journal's retry window."""
        line, number = message.header.line, int(message.header.sequence)
        content = f"{message.data}{message.extended}"
        before = self._last.get(message.account)
        if message.header.token == NULL and number == 0 and before and before[1] != 0:
            return False  # a link test outside the count: the next event may still repeat the one before it
        self._last[message.account] = (line, number, content)
        if before is None or before[0] != line:
            return False  # after a restart, or another communicator of the panel: each has its own numbers
        if before[1] == number:
            return before[2] != content
        return (before[1] - number) % LAST_SEQUENCE > MAX_REORDERING
