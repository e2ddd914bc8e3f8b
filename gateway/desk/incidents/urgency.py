"""The order in which a guard should look at open incidents, as a text that sorts."""

from __future__ import annotations

from gateway.model import AlertState, Incident, Severity
from gateway.store.columns import to_us

_GROUP = {AlertState.NEW: 0, AlertState.ACKNOWLEDGED: 1, AlertState.ON_SCENE: 1, AlertState.ON_HOLD: 2}


def sort_key(incident: Incident) -> str:
    """Most severe first; of one severity those with something new, then those in hand, then those on hold.

    Within these the oldest first. Keys of different incidents differ.
    """
    severity = max(Severity) - incident.severity
    return f"{severity}{_GROUP.get(incident.state, 3)}{to_us(incident.opened_at):017d}{incident.id}"
