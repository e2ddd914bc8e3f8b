"""Arming and disarming (布防, 撤防): pure functions of a home's settings, its state and the request."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from gateway.config.residents import HomeSection
from gateway.homes.state import Answer, Area, AreaEvent
from gateway.homes.zones import counted, names
from gateway.model import Clear, Decision, Perform, WakeAt, Words

ENTRY, EXIT = "entry", "exit"
MODE_WORDS = {
    "away": Words("外出布防", "armed away"),
    "home": Words("在家布防", "armed home"),
    "night": Words("夜间布防", "armed night"),
}
BY_WORDS = {
    "phone": Words("住户手机", "a resident's phone"),
    "keypad": Words("键盘密码", "a code at the keypad"),
    "card": Words("刷卡", "a card"),
    "schedule": Words("定时", "the schedule"),
    "guard": Words("门卫", "the guard room"),
    "panel": Words("报警主机", "the panel"),
}


@dataclass(frozen=True, slots=True)
class ArmRequest:
    """`mode`: away, home, night or disarm. `lost`: the zones whose detector does not answer. `due`: of the schedule."""

    number: int
    at: datetime
    mode: str
    by: str
    person: str = ""
    bypass: Sequence[str] = ()
    lost: Collection[str] = ()
    due: datetime | None = field(default=None)


def arm(area: Area, home: HomeSection, request: ArmRequest) -> Iterator[Decision]:
    """Arm the home, at once or after the exit delay, or refuse with the zones that are in the way."""
    refusal = _unfit(home, request) or _in_the_way(area, home, request)
    if refusal is not None:
        area.answer(refusal)
        if request.by == "schedule":  # nobody is there to read the answer
            area.note(_event(request, "refused", request.mode, refusal.zones))
        return
    yield from _silence(area, home, request.by)
    area.memory.clear()
    kept = {zone: how for zone, how in area.bypassed.items() if how == "standing"}
    area.bypassed = {**dict.fromkeys(request.bypass, "once"), **kept}
    area.mode, area.by, area.person, area.since = request.mode, request.by, request.person, request.at
    area.answer(Answer(request.number, accepted=True))
    yield WakeAt(f"{home.place}:{ENTRY}", None)
    if _exit_delay(home, request.mode):
        area.phase, area.until = "arming", request.at + home.exit_delay
        yield WakeAt(f"{home.place}:{EXIT}", area.until)
    else:
        area.phase, area.until = "armed", None
        yield WakeAt(f"{home.place}:{EXIT}", None)
        area.note(_event(request, "armed", request.mode))


def disarm(area: Area, home: HomeSection, request: ArmRequest) -> Iterator[Decision]:
    """Disarm the home: alerts end, the bypasses for this once too. The memory of alarms stays until the next arming."""
    if home.mirrored:
        area.answer(_mirrored(request))
        return
    if request.by == "schedule" and (area.raised or area.phase == "entry"):
        # The clock must not end an alarm: nobody has looked.
        area.answer(Answer(request.number, False, "正在报警，不能定时撤防", "there is an alarm: the clock ends none"))
        return
    changed = area.phase != "disarmed"
    yield from _silence(area, home, request.by)
    area.answer(Answer(request.number, accepted=True))
    if not changed:
        return
    area.bypassed = {zone: how for zone, how in area.bypassed.items() if how == "standing"}
    area.phase, area.mode, area.until, area.entered = "disarmed", "", None, ""
    area.by, area.person, area.since = request.by, request.person, request.at
    area.note(_event(request, "disarmed", "", [each.zone for each in area.memory]))
    yield WakeAt(f"{home.place}:{ENTRY}", None)
    yield WakeAt(f"{home.place}:{EXIT}", None)


def bypass(area: Area, home: HomeSection, request: ArmRequest) -> None:
    """Leave out these zones, and only these, until somebody says otherwise (旁路)."""
    refusal = _unfit(home, request)
    if refusal is None:
        once = {zone: how for zone, how in area.bypassed.items() if how == "once" and zone not in request.bypass}
        area.bypassed = {**once, **dict.fromkeys(request.bypass, "standing")}
    area.answer(refusal or Answer(request.number, accepted=True))


def exit_over(area: Area, home: HomeSection, number: int, at: datetime) -> None:
    """The exit delay is over: the home is armed, unless a zone is still open; then it is not, and that is told."""
    if area.phase != "arming":
        return
    request = ArmRequest(number, at, area.mode, area.by, area.person)
    still = open_zones(area, home, area.mode)
    area.until = None
    if still:
        area.phase, area.mode, area.since = "disarmed", "", at
        area.bypassed = {zone: how for zone, how in area.bypassed.items() if how == "standing"}
        area.note(_event(request, "failed", request.mode, still))
    else:
        area.phase, area.since = "armed", at
        area.note(_event(request, "armed", request.mode))


def open_zones(area: Area, home: HomeSection, mode: str, also_bypassed: Collection[str] = ()) -> list[str]:
    """The zones that count in this mode, are not bypassed, and are open."""
    left_out = {*area.bypassed, *also_bypassed}
    return [zone.id for zone in counted(home, mode) if zone.id in area.open and zone.id not in left_out]


def _exit_delay(home: HomeSection, mode: str) -> bool:
    return mode == "away" and bool(home.exit_delay)


def _unfit(home: HomeSection, request: ArmRequest) -> Answer | None:
    if home.mirrored:
        return _mirrored(request)
    known = {zone.id: zone for zone in home.zones}
    for name in request.bypass:
        if name not in known:
            return Answer(request.number, False, f"没有防区 {name}", f"there is no zone {name}", [name])
        if known[name].type == "24h":
            zh, en = f"24 小时防区不能旁路：{known[name].name}", f"a 24-hour zone can't be bypassed: {known[name].name}"
            return Answer(request.number, False, zh, en, [name])
    return None


def _mirrored(request: ArmRequest) -> Answer:
    zh, en = "这户的报警主机自行布撤防，请在主机上操作", "this home's panel arms itself: use the panel"
    return Answer(request.number, False, zh, en)


def _in_the_way(area: Area, home: HomeSection, request: ArmRequest) -> Answer | None:
    """Open zones; those on the way out may be open while there is an exit delay. And zones that don't answer."""
    leaving = _exit_delay(home, request.mode)
    types = {zone.id: zone.type for zone in home.zones}
    still = open_zones(area, home, request.mode, request.bypass)
    still = [zone for zone in still if not (leaving and types[zone] in {"entry", "interior"})]
    if still:
        named = names(home, still)
        return Answer(request.number, False, f"防区未关：{named}", f"open zones: {named}", still)
    left_out = {*area.bypassed, *request.bypass}
    lost = [zone.id for zone in counted(home, request.mode) if zone.id in request.lost and zone.id not in left_out]
    if lost:
        named = names(home, lost)
        return Answer(request.number, False, f"防区无应答：{named}", f"zones that don't answer: {named}", lost)
    return None


def _silence(area: Area, home: HomeSection, by: str) -> Iterator[Decision]:
    """End what rings: alerts are restored, and stay until a guard closes them."""
    who = BY_WORDS[by]
    for zone in area.raised:
        yield Clear(f"{home.place}:{zone}", Words(f"已撤防（{who.zh}）", f"Disarmed by {who.en}"))
    if area.raised:
        yield from (Perform(siren, "off") for siren in home.sirens)
    area.raised.clear()


def _event(request: ArmRequest, what: str, mode: str, zones: Sequence[str] = ()) -> AreaEvent:
    unique = list(dict.fromkeys(zones))
    return AreaEvent(request.number, what, request.at, mode, request.by, request.person, unique)
