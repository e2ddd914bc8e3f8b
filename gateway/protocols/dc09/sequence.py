"""Tells a panel's new message from its repeat, by sequence number and what it says.

A number alone does not tell: it wraps from 9999 to 0001, begins again when the panel does, and
some panels always send the same. A message is a repeat for sure only of the one before it.
"""

from __future__ import annotations

from gateway.protocols.dc09.message import NULL, Dc09Message

LAST_SEQUENCE = 9999
MAX_REORDERING = 8
"""A datagram may arrive so many messages after its time; a number further back has begun again."""


class SequenceTracker:
    """Remembers the last message of each account; nothing needs to outlive a restart, as the journal knows too."""

    def __init__(self) -> None:
        self._last: dict[str, tuple[str, int, str]] = {}

    def is_new(self, message: Dc09Message) -> bool:
        """True when it can't be a repeat; False: the journal decides, by the time that has passed."""
        line, number, said = message.header.line, int(message.header.sequence), f"{message.data}{message.extended}"
        before = self._last.get(message.account)
        if message.header.token == NULL and number == 0 and before and before[1] != 0:
            return False  # a poll outside the count: what comes next may still be the repeat of what came before
        self._last[message.account] = (line, number, said)
        if before is None or before[0] != line:
            return False
        if before[1] == number:
            return before[2] != said
        return (before[1] - number) % LAST_SEQUENCE > MAX_REORDERING
