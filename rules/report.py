"""Reports that residents make from a door plate (居民报事): one alert each."""

from __future__ import annotations

from pydantic import Field

from gateway.model import Decisions, Event, Raise, Severity, Signal, Words
from gateway.rule import Rule, RuleSettings
from gateway.settings.selection import SeverityWord

MAX_SHOWN = 60
"""Characters of the report's text in the reason; the signal has all of it."""


class ReportSettings(RuleSettings):
    """Severities by category."""

    severity: SeverityWord = Severity.MEDIUM
    severities: dict[str, SeverityWord] = Field(default_factory=dict, description="other than that, by category")


class Report(Rule):
    """Has no state: reports never fold into each other and are never restored."""

    Settings = ReportSettings
    KINDS = frozenset({"report.made"})

    settings: ReportSettings

    def on(self, state: None, event: Event) -> Decisions:  # noqa: ARG002  # it has no state
        """Raise one alert for the report."""
        return self._decide(event) if isinstance(event, Signal) else ()

    def _decide(self, signal: Signal) -> Decisions:
        category = str(signal.data.get("category") or "other")
        place = str(signal.data.get("place") or self.compound.place_of(signal.device))
        name, word = self.compound.place_name(place), CATEGORIES.get(category, Words(category, category))
        text = " ".join(str(signal.data.get("text") or "").split())
        text = text if len(text) <= MAX_SHOWN else f"{text[: MAX_SHOWN - 1]}…"
        reason = Words(f"{name.zh} 报事·{word.zh}", f"{word.en} reported at {name.en}")
        if text:
            reason = Words(f"{reason.zh}:{text}", f"{reason.en}: {text}")
        severity = self.settings.severities.get(category, self.settings.severity)
        return [Raise(signal.id, severity, place, reason)]


CATEGORIES = {
    "stranger": Words("可疑人员", "Stranger"),
    "safety": Words("安全隐患", "Hazard"),
    "repair": Words("设施损坏", "Damage"),
    "lift": Words("电梯故障", "Lift trouble"),
    "water": Words("漏水停水", "Water trouble"),
    "noise": Words("噪音扰民", "Noise"),
    "parking": Words("占道停车", "Parking"),
    "other": Words("其他", "Matter"),
}
"""The categories on the door plate's page; any other is shown as it is."""

RULE = Report
