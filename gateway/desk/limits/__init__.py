"""Time limits and escalation: pure functions of an incident, its alerts, the time and the settings."""

from gateway.desk.limits.limits import Change, EscalationState, Limits, moved

__all__ = ["Change", "EscalationState", "Limits", "moved"]
