"""The order in which a guard should look at open incidents, as a text that sorts."""

from __future__ import annotations

from gateway.model import LIFE_SAFETY_KINDS, AlertState, Incident, Severity
from gateway.store.columns import to_us

_GROUP = {AlertState.NEW: 0, AlertState.ACKNOWLEDGED: 1, AlertState.ON_SCENE: 1, AlertState.ON_HOLD: 2}


def sort_key(incident: Incident) -> str:
    """Most severe first; of one severity those with something new, then those in hand, then those on hold.

    Within these what may cost a life (fire, gas, panic, duress, medical) comes first, then the oldest. Keys of
    different incidents differ.
    """
    severity, group = max(Severity) - incident.severity, _GROUP.get(incident.state, 3)
    other = int(not any(member.kind in LIFE_SAFETY_KINDS for member in incident.members))
    return f"{severity}{group}{other}{to_us(incident.opened_at):017d}{incident.id}"
