"""Drills (演练): a supervisor injects an alarm for training, and guards handle it as a real one.

It is raised by a rule of the gateway itself from the supervisor's action in the journal, so it is raised once whatever
happens. No device has said anything: rules, notifiers and figures never see it.
"""

from __future__ import annotations

from collections.abc import Mapping

from gateway.model import ALARM_KINDS, DRILL_RULE, DRILL_STARTED, Action, Decisions, Event, Raise, Severity, Words
from gateway.model.kind_words import kind_words
from gateway.rule import Compound, Rule, RuleSettings

SEVERITIES: Mapping[str, Severity] = {
    **dict.fromkeys(sorted(ALARM_KINDS), Severity.CRITICAL),
    "zone.tampered": Severity.HIGH,
    "water.alarm": Severity.HIGH,
    "door.forced": Severity.HIGH,
    "face.watchlisted": Severity.HIGH,
    "call.started": Severity.MEDIUM,
}
"""What can be drilled, and how severe it is."""


class Drills(Rule):
    """A rule of the gateway itself; raises one alert for each drill that a supervisor starts."""

    KINDS = frozenset({DRILL_STARTED})

    def __init__(self, compound: Compound) -> None:
        super().__init__(DRILL_RULE, RuleSettings(), compound)

    def on(self, state: None, event: Event) -> Decisions:  # noqa: ARG002  # it has no state
        """Raise the alert of the drill that the action names."""
        if not isinstance(event, Action) or event.data.get("kind") not in SEVERITIES:
            return ()
        kind, said = event.data["kind"], kind_words(event.data["kind"])
        where = self.compound.place_name(event.place)
        reason = Words(f"演练：{where.zh} {said.zh}", f"Drill: {said.en} at {where.en}")
        # The number makes each drill an alert of its own, also a second one of the same kind and place.
        return [Raise(f"{kind}/{event.place}/{event.number}", SEVERITIES[kind], event.place, reason)]
