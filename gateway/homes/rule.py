"""The gateway's own rule for homes that it arms: zones, delays and people's requests in, alerts out.

A home's settings may change without its state: the rule keeps its name and fingerprint, and a reload hands the state
to a rule with the new settings, so that no change of residents.yaml disarms anybody.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from gateway.config.residents import HomeSection, HomeZone
from gateway.homes.arming import (
    ENTRY,
    EXIT,
    MODE_WORDS,
    ArmRequest,
    arm,
    bypass,
    disarm,
    exit_over,
)
from gateway.homes.state import Answer, Area, AreaEvent, HomesState
from gateway.homes.zones import CLOSING, OPENING, ZoneAtHome, ZoneLookup, counted
from gateway.model import (
    Action,
    Clear,
    Decision,
    Decisions,
    Event,
    Perform,
    Raise,
    Severity,
    Signal,
    Wake,
    WakeAt,
    Words,
)
from gateway.rule import Compound, Rule, RuleSettings

NAME = "home-areas"
ARM, DISARM, BYPASS = "area.arm_asked", "area.disarm_asked", "area.bypass_asked"
ASKED = frozenset({ARM, DISARM, BYPASS})
PANEL = {"area.armed": "armed", "area.disarmed": "disarmed"}
LOST, BACK = frozenset({"device.offline", "device.silent"}), frozenset({"device.online"})
_MODES = frozenset(MODE_WORDS)


class HomesRule(Rule):
    """One for all homes. Raises burglary of armed homes and of 24-hour zones; fire, gas and panic are home_alarm's."""

    KINDS = frozenset({*OPENING, *CLOSING, *ASKED, *PANEL, *LOST, *BACK})
    State = HomesState
    HORIZON = timedelta(days=2)

    def __init__(self, homes: Sequence[HomeSection], compound: Compound) -> None:
        super().__init__(NAME, RuleSettings(), compound)
        self._lookup = ZoneLookup(homes)

    def start(self, held: frozenset[str]) -> HomesState:
        """Nothing is known of any home; open alerts can be ended."""
        state = HomesState()
        for key in sorted(held):
            place, _, zone = key.rpartition(":")
            state.area(place).raised.append(zone)
        return state

    def answers_for(self, signal: Signal) -> bool:
        """An alarm of a zone that the gateway arms is dealt with here, even where nothing is raised."""
        return signal.kind == "zone.alarm" and self._lookup.of(signal) is not None

    def on(self, state: HomesState, event: Event) -> Decisions:
        """Decide on a zone's signal, on what somebody asks, or at the end of a delay."""
        if isinstance(event, Wake):
            return list(self._woken(state, event))
        if isinstance(event, Action):
            with contextlib.suppress(KeyError, ValueError, TypeError, AttributeError):  # data of another's making
                return list(self._asked(state, event))
            return ()
        return list(self._told(state, event))

    def _told(self, state: HomesState, event: Signal) -> Iterator[Decision]:
        if event.kind in LOST or event.kind in BACK:
            self._heard(state, event)
        elif event.kind in PANEL:
            self._mirror(state, event)
        elif (found := self._lookup.of(event)) is not None:
            area = state.area(found.home.place)
            if event.kind in OPENING:
                yield from self._opened(area, found, event)
            elif event.kind != "zone.restored" or event.data.get("from") in {None, "alarm"}:
                # The end of a tamper or a fault says nothing of the zone being closed.
                yield from self._closed(area, found)

    def _heard(self, state: HomesState, signal: Signal) -> None:
        lost = [device for device in state.lost if device != signal.device]
        state.lost = [*lost, signal.device] if signal.kind in LOST else lost

    def _mirror(self, state: HomesState, signal: Signal) -> None:
        for home in self._lookup.mirrored(signal):
            area = state.area(home.place)
            mode = str(signal.data.get("mode") or "away")
            area.phase = PANEL[signal.kind]
            area.mode = (mode if mode in _MODES else "away") if area.phase == "armed" else ""
            area.by, area.person, area.since, area.until = "panel", "", signal.time, None

    def _opened(self, area: Area, found: ZoneAtHome, signal: Signal) -> Iterator[Decision]:
        zone, home = found.zone, found.home
        if not zone.momentary and zone.id not in area.open:
            area.open.append(zone.id)
        if zone.type == "24h" or area.phase == "unknown":
            if zone.type == "24h" or signal.kind == "zone.alarm":
                yield from self._alarm(area, home, zone, signal.time, signal.number or 0)
            return
        if area.phase not in {"armed", "entry"} or zone.id in area.bypassed or zone not in counted(home, area.mode):
            return
        if zone.type == "entry" and area.phase == "armed" and home.entry_delay:
            area.phase, area.entered, area.until = "entry", zone.id, signal.time + home.entry_delay
            yield WakeAt(f"{home.place}:{ENTRY}", area.until)
        elif area.phase == "armed" or zone.type == "perimeter":
            yield from self._alarm(area, home, zone, signal.time, signal.number or 0)

    def _closed(self, area: Area, found: ZoneAtHome) -> Iterator[Decision]:
        zone = found.zone
        area.open = [each for each in area.open if each != zone.id]
        if zone.id in area.raised:
            area.raised.remove(zone.id)
            yield Clear(f"{found.home.place}:{zone.id}", Words(f"{zone.name} 已恢复", f"{zone.name} restored"))

    def _alarm(self, area: Area, home: HomeSection, zone: HomeZone, at: datetime, number: int) -> Iterator[Decision]:
        place, armed = self.compound.place_name(home.place), MODE_WORDS.get(area.mode)
        if zone.type == "24h":
            how = Words("24 小时防区", "24-hour zone")
        else:
            how = armed or Words("布防状态未知", "arming unknown")
        reason = Words(
            f"{place.zh} {zone.name} 入侵报警（{how.zh}）", f"Burglary alarm at {place.en}, {zone.name} ({how.en})"
        )
        if zone.id not in area.raised:
            area.raised.append(zone.id)
            area.remember(zone.id, at)
            area.note(AreaEvent(number, "alarm", at, area.mode, zones=[zone.id]))
            yield from (Perform(siren, "on") for siren in home.sirens)
        yield Raise(f"{home.place}:{zone.id}", Severity.CRITICAL, home.place, reason, zone.device)

    def _woken(self, state: HomesState, wake: Wake) -> Iterator[Decision]:
        place, _, what = wake.key.rpartition(":")
        home = self._lookup.homes.get(place)
        if home is None:
            return
        area, number = state.area(place), wake.number or 0
        if what == EXIT:
            exit_over(area, home, number, wake.time)
        elif area.phase == "entry":
            area.phase, area.until = "armed", None
            zone = next((each for each in home.zones if each.id == area.entered), None)
            if zone is not None:
                yield from self._alarm(area, home, zone, wake.time, number)

    def _asked(self, state: HomesState, action: Action) -> Iterator[Decision]:
        home = self._lookup.homes.get(action.place)
        if home is None:
            return
        area, request = state.area(home.place), self._request(state, home, action)
        if request.due is not None:
            if area.due is not None and request.due <= area.due:
                area.answer(Answer(request.number, accepted=True))
                return  # asked again after a restart
            area.due = request.due
        if action.kind == BYPASS:
            bypass(area, home, request)
        elif action.kind == DISARM:
            yield from disarm(area, home, request)
        elif request.mode in _MODES:
            yield from arm(area, home, request)

    def _request(self, state: HomesState, home: HomeSection, action: Action) -> ArmRequest:
        data, due = action.data, action.data.get("due")
        return ArmRequest(
            action.number or 0,
            action.time,
            str(data.get("mode") or "away"),
            str(data["by"]),
            str(data.get("person") or ""),
            [str(zone) for zone in data.get("bypass") or ()],
            [zone.id for zone in home.zones if self._is_lost(zone.device, state.lost)],
            datetime.fromisoformat(due) if due else None,
        )

    def _is_lost(self, device: str, lost: Sequence[str]) -> bool:
        """Whether the device, or the panel that it is part of, does not answer."""
        for _ in range(8):
            if device in lost:
                return True
            known = self.compound.devices.get(device)
            if known is None or known.part_of is None:
                return False
            device = known.part_of
        return False
