"""What a resident reports from a door plate (居民报事): one alert a report."""

from __future__ import annotations

from pydantic import Field

from gateway.model import Decisions, Event, Raise, Severity, Signal, Words
from gateway.rule import Rule, RuleSettings
from gateway.settings.selection import SeverityWord

SHOWN = 60
"""Characters of the report in the reason; the whole text is with the signal."""


class ReportSettings(RuleSettings):
    severity: SeverityWord = Severity.MEDIUM
    severities: dict[str, SeverityWord] = Field(default_factory=dict, description="other than that, by category")


class Report(Rule):
    Settings = ReportSettings
    KINDS = frozenset({"report.made"})

    settings: ReportSettings

    def on(self, state: None, event: Event) -> Decisions:  # noqa: ARG002  # it remembers nothing
        return self._decide(event) if isinstance(event, Signal) else ()

    def _decide(self, signal: Signal) -> Decisions:
        category = str(signal.data.get("category") or "other")
        place = str(signal.data.get("place") or self.compound.place_of(signal.device))
        name, word = self.compound.place_name(place), CATEGORIES.get(category, Words(category, category))
        text = " ".join(str(signal.data.get("text") or "").split())
        text = text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
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
"""Those of the door plates' page; any other is shown as it was said."""

RULE = Report
