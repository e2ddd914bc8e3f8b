"""What a household must not see: that somebody of it entered a code of duress. Whoever forces them may look too."""

from __future__ import annotations

from gateway.model import Alert

_NAMES = frozenset({"duress", "duress.entered"})
"""The last part of such an alert's key, by rules/home_alarm.py and by the gateway's own rule for unhandled alarms."""


def is_duress(alert: Alert) -> bool:
    """Whether the alert says that a code of duress was entered."""
    return alert.key.rpartition("/")[2] in _NAMES
