"""Bounds how many PINs somebody may try at a keypad."""

from __future__ import annotations

from collections import defaultdict, deque
from datetime import datetime, timedelta

from gateway.access.decision import AccessCode, AccessDecision
from gateway.access.reasons import reason_of

MOST = 5
WITHIN = timedelta(minutes=5)
"""After so many PINs that nobody has, within this time, the keypad takes none until the first of them is so old."""


class WrongPins:
    """By keypad, not by person: who guesses has no name. A right PIN is refused meanwhile as well, or it would show."""

    def __init__(self) -> None:
        self._wrong: defaultdict[str, deque[datetime]] = defaultdict(lambda: deque(maxlen=MOST))

    def limited(self, reader: str, decision: AccessDecision, at: datetime) -> AccessDecision:
        """The decision, or that the keypad takes no PIN now. A fire opens all the same."""
        wrong = self._wrong[reader]
        if len(wrong) == MOST and timedelta() <= at - wrong[0] < WITHIN and decision.code is not AccessCode.FIRE:
            return AccessDecision(AccessCode.TOO_MANY, reason_of(AccessCode.TOO_MANY))
        if decision.code is AccessCode.UNKNOWN:
            wrong.append(at)
        return decision
