"""The response model of a silence, and how one is converted to it."""

from __future__ import annotations

from pydantic import Field

from gateway.desk.noise import parse_source
from gateway.model import SilencedSource, Words
from gateway.web.responses import ResponseModel, UtcTime, WordsView
from gateway.web.serializers import words_view
from gateway.web.services import Services


class SilenceView(ResponseModel):
    """A source whose alarms are not shown. Fire, gas, panic, duress and medical alarms are shown all the same."""

    id: str
    source: str
    source_name: WordsView
    reason: str
    by: str
    automatic: bool = Field(description="the gateway throttled it, because it raised too often")
    begun_at: UtcTime
    until: UtcTime
    kind: str | None = Field(description="the signal kind that is silenced; another kind there ends it")
    count: int = Field(description="alerts that it kept away")
    last_at: UtcTime | None
    going_on: int = Field(description="alarms among them that are not restored yet; raised when the silence ends")
    restored_at: UtcTime | None = Field(description="when an alarm that it kept away was restored last")
    ended_at: UtcTime | None
    ended_because: str | None = Field(description="until, lifted, or the signal kind that ended it")


def silence_view(silence: SilencedSource, services: Services) -> SilenceView:
    """A silence as it is sent."""
    return SilenceView(
        id=silence.id,
        source=silence.source,
        source_name=words_view(_name(silence.source, services)),
        reason=silence.reason,
        by=silence.by,
        automatic=silence.automatic,
        begun_at=silence.begun_at,
        until=silence.until,
        kind=silence.kind,
        count=silence.count,
        last_at=silence.last_at,
        going_on=len(silence.holding),
        restored_at=silence.restored_at,
        ended_at=silence.ended_at,
        ended_because=silence.ended_because,
    )


def _name(text: str, services: Services) -> Words:
    """The source as people call it."""
    source, compound = parse_source(text), services.compound
    if source.place is not None:
        return compound.place_name(source.place)
    device = compound.devices.get(source.device or "")
    name = device.name if device else source.device
    if source.rule is None:
        return Words(name or text, name or text)
    rule = Words(f"规则 {source.rule}", f"rule {source.rule}")
    return rule if name is None else Words(f"{name}（{rule.zh}）", f"{name} ({rule.en})")
