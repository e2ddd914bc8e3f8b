"""Video analysis (视频分析): line crossing, loitering, a blocked lane, a thrown object, an object of a class.

The camera's YAML draws the lines and zones. Under `severities`, the name of a line, zone or class has precedence over
the event. A blocked lane is restored when it is cleared.
"""

from __future__ import annotations

from pydantic import Field

from gateway.model import Clear, Decisions, Event, Raise, Severity, Signal, Words
from gateway.rule import Rule
from gateway.settings.selection import Selection, SeverityOrOff

TEXTS = {
    "crossed": Words("有人越线", "Line crossed"),
    "lingered": Words("有人徘徊", "Lingering"),
    "blocked": Words("通道被占用", "Lane kept blocked"),
    "thrown": Words("高空抛物", "Something thrown from a height"),
    "class": Words("发现目标", "Seen"),
}
DEFAULTS = {
    "crossed": Severity.MEDIUM,
    "lingered": Severity.MEDIUM,
    "blocked": Severity.MEDIUM,
    "thrown": Severity.HIGH,
    "class": Severity.LOW,
}


class VideoSettings(Selection):
    """Severities by event or by name."""

    severities: dict[str, SeverityOrOff] = Field(
        default_factory=dict,
        description="by event (crossed, lingered, blocked, thrown, class), or by a line's, zone's or class's name",
    )


class Video(Rule):
    """Has no state: the desk folds repeats of the same event, place and name."""

    Settings = VideoSettings
    KINDS = frozenset({"object.seen"})

    settings: VideoSettings

    def on(self, state: None, event: Event) -> Decisions:  # noqa: ARG002  # it has no state
        """Raise an alert for the event, or clear the lane."""
        return self._decide(event) if isinstance(event, Signal) else ()

    def _decide(self, signal: Signal) -> Decisions:
        event = str(signal.data.get("event") or "class")
        name = str(signal.data.get("line") or signal.data.get("zone") or signal.data.get("class") or "")
        where = self.compound.where(signal.device)
        if not self.settings.covers(signal.device, self.compound):
            return ()
        if event == "cleared":
            cleared = Words(f"{where.zh} 通道已恢复畅通", f"The lane is clear again at {where.en}")
            return [Clear(f"{signal.device}/blocked/{name}", cleared)]
        severity = self._severity(event, name)
        if severity is None or event not in TEXTS:
            return ()
        text, extra = TEXTS[event], f" {name}" if name else ""
        reason = Words(f"{where.zh} {text.zh}{extra}", f"{text.en}{extra} at {where.en}")
        place = self.compound.place_of(signal.device)
        return [Raise(f"{signal.device}/{event}/{name}", severity, place, reason, signal.device)]

    def _severity(self, event: str, name: str) -> Severity | None:
        chosen = self.settings.severities
        return chosen[name] if name in chosen else chosen.get(event, DEFAULTS.get(event))


RULE = Video
