"""The limits and the escalation chain that are for an incident, by kind, rule, severity, place and hour."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta, tzinfo

from gateway.config.desk import DeskSettings, EscalationStep
from gateway.model import Alert, Incident

ATTENTION_RULE = "attention"
"""The rule name of alerts about the desk itself, such as that nobody is there."""


class Chain:
    """What the settings say. `zone` is the compound's, for hours of the day."""

    def __init__(self, settings: DeskSettings, zone: tzinfo) -> None:
        self.settings = settings
        self.zone = zone

    def acknowledge_within(self, incident: Incident, alerts: Iterable[Alert]) -> timedelta:
        """The shortest limit of these alerts."""
        if self._tells_at_once(alerts := list(alerts)):
            return timedelta(0)
        return min(within for within, _ in self._limits(incident, alerts))

    def arrive_within(self, incident: Incident, alerts: Iterable[Alert]) -> timedelta | None:
        """The shortest limit of these alerts; None when nobody has to go."""
        return min((arrive for _, arrive in self._limits(incident, alerts) if arrive is not None), default=None)

    def steps(self, incident: Incident, alerts: Sequence[Alert]) -> list[EscalationStep]:
        """The steps that are for the incident. A drill never leaves the compound."""
        if self._tells_at_once(alerts):
            return [EscalationStep(after=timedelta(0), to=target) for target in self.settings.attention.tell]
        kinds = _kinds(incident)
        return [
            step
            for step in self.settings.escalation
            if not (incident.drill and step.target)
            and any(step.is_for(each, kinds.get(each.id, ""), each.raised_at, self.zone) for each in alerts)
        ]

    def _tells_at_once(self, alerts: Iterable[Alert]) -> bool:
        return bool(self.settings.attention.tell) and any(alert.rule == ATTENTION_RULE for alert in alerts)

    def _limits(self, incident: Incident, alerts: Iterable[Alert]) -> Iterator[tuple[timedelta, timedelta | None]]:
        """(acknowledge, arrive) of each alert."""
        limits, kinds = self.settings.limits, _kinds(incident)
        for alert in alerts:
            limit = limits.of(alert, kinds.get(alert.id, ""), alert.raised_at, self.zone)
            yield limit.acknowledge, limit.arrive


def _kinds(incident: Incident) -> dict[str, str]:
    return {member.alert: member.kind for member in incident.members}
