"""Door plates (门牌码): a call for help from one, and signs that one was swapped, copied or is old."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import Field

from gateway.model import Decisions, Event, Json, Raise, Severity, Signal, Words
from gateway.rule import Rule, RuleSettings
from gateway.settings.selection import SeverityOrOff, SeverityWord

HELP = "help.called"


class DoorPlateSettings(RuleSettings):
    """Severities."""

    help: SeverityWord = Field(Severity.CRITICAL, description="somebody scanned a plate and called for help (求助)")
    misuse: SeverityOrOff = Field(Severity.MEDIUM, description="a plate that is swapped, copied or old (门牌可疑)")


class DoorPlate(Rule):
    """Has no state: repeats of the same reason at the same door fold into the open alert."""

    Settings = DoorPlateSettings
    KINDS = frozenset({HELP, "door_plate.suspected"})

    settings: DoorPlateSettings

    def on(self, state: None, event: Event) -> Decisions:  # noqa: ARG002  # it has no state
        """Raise one alert."""
        return self._decide(event) if isinstance(event, Signal) else ()

    def _decide(self, signal: Signal) -> Decisions:
        place = str(signal.data.get("place") or self.compound.place_of(signal.device))
        where = self.compound.place_name(place)
        if signal.kind == HELP:
            reason = Words(f"{where.zh} 有人扫门牌求助", f"Help called by the door plate at {where.en}")
            return [Raise(f"help/{place}", self.settings.help, place, reason)]
        if self.settings.misuse is None:
            return ()
        why = str(signal.data.get("why") or "")
        said = _REASONS.get(why, _unknown)(signal.data, self.compound.place_name(str(signal.data.get("other") or "")))
        reason = Words(f"{where.zh} 门牌可疑：{said.zh}", f"Door plate at {where.en}: {said.en}")
        return [Raise(f"{why or 'unknown'}/{place}", self.settings.misuse, place, reason)]


def _revoked(_data: Json, _other: Words) -> Words:
    return Words(
        "扫到了已作废的旧门牌，请去看门上挂的是哪一块", "a revoked plate was scanned; look which one hangs there"
    )


def _far(data: Json, other: Words) -> Words:
    metres = data.get("metres")
    if isinstance(metres, int | float):
        return Words(
            f"已登录的手机在约 {metres:.0f} 米外扫到它，可能被移走或复制",
            f"a signed-in phone scanned it about {metres:.0f} m away; it may have been moved or copied",
        )
    return Words(
        f"已登录的手机刚在{other.zh}，却扫到它，可能被移走或复制",
        f"a signed-in phone was just at {other.en} and scanned it; it may have been moved or copied",
    )


def _impossible(_data: Json, other: Words) -> Words:
    return Words(
        f"同一个人一分钟内还扫了{other.zh}的门牌，走不了这么快，其中一块可能是复制的",
        f"the same person scanned the plate of {other.en} within a minute, faster than one walks; one may be a copy",
    )


def _many(data: Json, _other: Words) -> Words:
    times = data.get("times")
    often = f"{times:.0f}" if isinstance(times, int | float) else "?"
    return Words(
        f"一分钟内被扫 {often} 次，它的码可能已在网上传开", f"{often} scans in a minute; its code may be passed around"
    )


def _wrong_door(_data: Json, _other: Words) -> Words:
    return Words(
        "现场的工作人员说地址与这扇门不符，门牌可能被调换", "staff at the door say that it is another door's; swapped?"
    )


def _unknown(_data: Json, _other: Words) -> Words:
    return Words("原因不明", "no reason was given")


_REASONS: Mapping[str, Callable[[Json, Words], Words]] = {
    "revoked": _revoked,
    "far": _far,
    "impossible": _impossible,
    "many": _many,
    "wrong_door": _wrong_door,
}

RULE = DoorPlate
