"""Time limits and escalation: pure functions of an incident, its alerts, the time and the settings."""

from gateway.desk.limits.limits import EscalationState, IncidentChange, Limits, moved

__all__ = ["EscalationState", "IncidentChange", "Limits", "moved"]
